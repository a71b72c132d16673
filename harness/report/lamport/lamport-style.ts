/** What the diagram needs beside the style sheet of all reports. Glyphs differ in shape, colours only repeat it. */
export const LAMPORT_STYLE = `
main.lamport{max-width:none;width:max-content;min-width:100%}
.lamport h1{font-size:26px;letter-spacing:-.02em;color:var(--ink);display:block;margin:0 0 4px}
.lamport .about{max-width:900px}
.lamport section{width:max-content}
.lamport .found{max-width:1000px;margin:10px 0 0 22px;font-size:14px}
.lamport .found a{color:var(--bad);font-weight:650;text-decoration:none}
.lamport svg{display:block}
.lamport svg.names{position:sticky;top:0;z-index:2;background:var(--card);border-bottom:1px solid var(--line)}
.lamport .names text{font-size:13px;font-weight:650;fill:var(--ink)}.lamport .names .clients{font-weight:500;fill:var(--soft)}
.lamport .lane{stroke:var(--soft);stroke-width:1.5;opacity:.55}.lamport .lane.clients{stroke-dasharray:2 4;opacity:.45}
.lamport .moment{font-size:11px;font-variant-numeric:tabular-nums}.lamport .pause{font-size:10.5px;font-style:italic;fill:var(--rest)}
.lamport .reach{fill:none;stroke:transparent;stroke-width:9}.lamport circle.reach{fill:transparent;stroke:none}
.lamport .way{fill:none;stroke:var(--tone);stroke-width:1.3;opacity:.85}.lamport .answer .way{opacity:.5}
.lamport .gone .way{stroke-dasharray:4 3}.lamport .lost-cross{stroke:var(--bad);stroke-width:2.2;fill:none}
.lamport g:hover>.way{stroke-width:2.6;opacity:1}
.m-get{--tone:var(--c0)}.m-put{--tone:var(--c1)}.m-forward{--tone:var(--c2)}.m-hint{--tone:var(--c5)}.m-error{--tone:var(--bad)}.m-other{--tone:var(--rest)}
.lamport .said{font-size:10.5px;fill:var(--tone,var(--ink));paint-order:stroke;stroke:var(--card);stroke-width:3.5px;stroke-linejoin:round;pointer-events:none}
.mark-fault{--tone:var(--doubt)}.mark-healed{--tone:var(--good)}.mark-start{--tone:var(--ink)}.mark-operation{--tone:var(--ink)}
.lamport .glyph{fill:var(--tone);stroke:var(--card);stroke-width:1}.lamport .mark-healed .glyph{fill:var(--card);stroke:var(--tone);stroke-width:2}
.lamport .said.mark-fault,.lamport .said.mark-healed,.lamport .said.mark-start{font-weight:650}
.lamport .violation .through{stroke:var(--bad);stroke-width:1.5;stroke-dasharray:7 4;fill:none}
.lamport .violation circle{fill:var(--bad);stroke:var(--card);stroke-width:2}
.lamport .violation rect{fill:var(--bad)}.lamport .violation text{fill:var(--card);font-size:11.5px;font-weight:650}
`;
