/** The one style sheet of reports and of the index. Colours carry meaning by name and never stand alone for it. */
export const STYLE = `
:root{color-scheme:light dark;--paper:#f6f6f3;--card:#fff;--ink:#1b1e24;--soft:#5d6470;--line:#e2e3df;--grid:#ecece8;
--good:#17774a;--good-soft:#e3f3ea;--bad:#c02a2f;--bad-soft:#fbe7e6;--doubt:#96650a;--doubt-soft:#fbf0d7;
--c0:#2f6bd8;--c1:#0f8f83;--c2:#8f4fd1;--c3:#c2577f;--c4:#6b7d1c;--c5:#a3622b;--rest:#8a8f99;
--ok:#8fb3e8;--info:#e0a21b;--fail:#d05a3c;--shade:rgba(192,42,47,.085)}
@media (prefers-color-scheme:dark){:root{--paper:#121417;--card:#1a1d22;--ink:#e8eaee;--soft:#a0a7b4;--line:#2d323a;--grid:#262a31;
--good:#52c78c;--good-soft:#16352a;--bad:#f2777a;--bad-soft:#3d2022;--doubt:#e3b04b;--doubt-soft:#3a2f18;
--c0:#72a3f5;--c1:#3fc1b3;--c2:#bb8af0;--c3:#ee8fb2;--c4:#b3c755;--c5:#dd9c65;--rest:#8a8f99;
--ok:#4a76b8;--info:#d9a53a;--fail:#e07a5f;--shade:rgba(242,119,122,.13)}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans",sans-serif}
main{max-width:1080px;margin:0 auto;padding:24px 20px 48px}
h1,h2,h3,p,ul,ol,dl,dd{margin:0;padding:0}
section,.verdict,.tile{background:var(--card);border:1px solid var(--line);border-radius:10px}
section{padding:20px 22px;margin-top:16px}
h2{font-size:19px;line-height:1.25;letter-spacing:-.01em}
h3{font-size:15px;margin:20px 0 6px}
.about,.note{color:var(--soft);font-size:13.5px}
.about{margin:2px 0 12px}
.note{margin-top:8px}
code,pre{font:13px/1.45 ui-monospace,SFMono-Regular,Menlo,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere}
pre{white-space:pre-wrap;background:var(--paper);border-radius:6px;padding:10px 12px;margin:8px 0 0}
.command{border-left:3px solid var(--c0);margin-bottom:14px}
.verdict{padding:24px 26px;border-left:8px solid var(--tone)}
.valid{--tone:var(--good)}.invalid{--tone:var(--bad)}.unknown{--tone:var(--doubt)}
.eyebrow{color:var(--soft);font-size:13.5px}
h1{font-size:56px;line-height:1.1;letter-spacing:-.03em;color:var(--tone);margin:6px 0 4px;display:flex;align-items:center;gap:16px}
.seal{display:inline-grid;place-items:center;width:50px;height:50px;border-radius:50%;background:var(--tone);color:var(--card);font-size:30px;letter-spacing:0}
.lead{font-size:21px;line-height:1.35}
.reasons{margin:12px 0 0 20px}
.expected{margin-top:12px;padding-top:12px;border-top:1px solid var(--line);color:var(--soft);font-size:14px}
.expected b{color:var(--ink)}
em{font-style:normal;font-weight:600}.good{color:var(--good)}.bad{color:var(--bad)}.doubt{color:var(--doubt)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin-top:16px}
.tile{padding:12px 16px}
.tile h2{font-size:13px;font-weight:500;color:var(--soft);letter-spacing:0}
.tile b{display:block;font-size:27px;line-height:1.25;font-weight:650;letter-spacing:-.02em;font-variant-numeric:tabular-nums}
.tile p{font-size:12.5px;color:var(--soft)}
.tile,.tile p{color:var(--ink)}.tile p{color:var(--soft)}.tile.bad b{color:var(--bad)}
.pair{display:grid;grid-template-columns:1fr 1fr;gap:0 16px}
.scroll,.chart{overflow-x:auto}
.chart svg{display:block;width:100%;min-width:680px;height:auto}
svg text{font:12px system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans",sans-serif;fill:var(--soft)}
svg .title{font-size:11.5px}svg .fault{fill:var(--bad);font-size:11px}svg .number{font-size:10px;fill:var(--ink)}
.grid{stroke:var(--grid);fill:none}.axis{stroke:var(--soft);fill:none;opacity:.6}
.shade{fill:var(--shade)}.edge{opacity:.5}.hit{fill:transparent}.hit:hover{fill:var(--soft);fill-opacity:.12}
.c0{--tone:var(--c0)}.c1{--tone:var(--c1)}.c2{--tone:var(--c2)}.c3{--tone:var(--c3)}.c4{--tone:var(--c4)}.c5{--tone:var(--c5)}.c-rest{--tone:var(--rest)}
.ok{--tone:var(--ok)}.info{--tone:var(--info)}.fail{--tone:var(--fail)}
.lost{--tone:var(--bad)}.seen{--tone:var(--c1)}.missing{--tone:var(--c2)}.other{--tone:var(--rest)}
.v1{--tone:var(--ok)}.v2{--tone:var(--c1)}.v3{--tone:var(--c2)}.v4{--tone:var(--bad)}
.dots{stroke:var(--tone);stroke-width:3;stroke-linecap:round;fill:none;opacity:.42}
.cross{stroke:var(--tone);stroke-width:1.4;fill:none}
.line{fill:none;stroke:var(--tone);stroke-width:2;stroke-linejoin:round}
.line.halo{stroke:var(--card);stroke-width:4.5;opacity:.75}
.median{--tone:var(--ink)}.p99{--tone:var(--ink)}.line.p99{stroke-dasharray:5 3}
.fill,.call{fill:var(--tone)}.end{fill:var(--tone)}.call.lost{stroke:var(--ink);stroke-width:1.5}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:4px 18px;margin-top:6px;font-size:13px;color:var(--soft)}
.mark{display:inline-block;vertical-align:middle;margin-right:7px}
.mark.dot{width:9px;height:9px;border-radius:50%;background:var(--tone)}
.mark.block{width:12px;height:12px;border-radius:2px;background:var(--tone)}
.mark.stroke{width:20px;border-top:2.5px solid var(--tone)}.mark.stroke.p99{border-top-style:dashed}
.mark.cross-mark::before{content:"×";font:700 15px/1 system-ui;color:var(--tone)}
table{border-collapse:collapse;width:100%;font-size:14px}
th,td{padding:5px 10px;border-bottom:1px solid var(--line);text-align:left;vertical-align:top;white-space:nowrap}
tbody th{font-weight:500}thead th{color:var(--soft);font-weight:500;font-size:13px}
.text{white-space:normal}td.text{min-width:120px}
.numbers td,.numbers thead th{text-align:right;font-variant-numeric:tabular-nums}
.numbers th:first-child,.numbers td.text,.bars thead th:nth-child(2){text-align:left}
.numbers thead th.text{text-align:left}.wide{max-width:1500px}.runs th,.runs td{padding:6px 9px}td.cluster{min-width:300px}
.group th{padding-top:14px;font-weight:650;border-bottom-color:var(--soft)}
.narrow{width:auto;margin-top:10px}
.few{font-size:11px;color:var(--doubt);background:var(--doubt-soft);border-radius:4px;padding:1px 5px;text-decoration:none;white-space:nowrap}
.bars tr.first th,.bars tr.first td{border-top:1px solid var(--soft)}
td.bar{position:relative;min-width:150px}
td.bar i{position:absolute;left:4px;top:4px;bottom:4px;max-width:calc(100% - 8px);border-radius:3px;opacity:.32}
td.bar span,td.bar small{position:relative}td.bar small{color:var(--soft);margin-left:4px}
.high i{background:var(--c1)}.middle i{background:var(--info)}.low i{background:var(--bad)}
.stack{display:flex;height:26px;border-radius:5px;overflow:hidden;gap:2px}.stack i{background:var(--tone)}
.facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(150px,1fr));gap:8px 18px;font-size:14px}
.facts dt{color:var(--soft);font-size:12.5px}.facts dd{overflow-wrap:anywhere}
.sub{color:var(--soft);font-size:12.5px}
.pill{display:inline-block;border-radius:99px;padding:0 9px;font-size:12.5px;font-weight:600;background:var(--line)}
.pill.good{background:var(--good-soft)}.pill.bad{background:var(--bad-soft)}.pill.doubt{background:var(--doubt-soft)}
.callout{border-radius:6px;padding:9px 12px;background:var(--bad-soft);margin-bottom:10px}
details{margin-top:4px}summary{cursor:pointer;color:var(--soft);font-size:13px}
.timeline{margin-top:8px}.timeline>summary{font-size:14px;color:var(--ink)}
.probes,.calls{font-size:13px;margin:6px 0 0 22px}
.probes{max-height:240px;overflow:auto}
.calls{margin:10px 0 0 32px;columns:2;column-gap:40px}
.calls li{break-inside:avoid;padding:1px 0}.calls li.lost{font-weight:650}.calls time{font-variant-numeric:tabular-nums;color:var(--soft);margin-right:4px}
.calls li::marker{font-variant-numeric:tabular-nums;color:var(--tone)}
#tip{display:none;position:fixed;z-index:9;pointer-events:none;background:var(--ink);color:var(--card);border-radius:5px;padding:4px 9px;font-size:13px;max-width:min(420px,90vw);overflow-wrap:anywhere}
a{color:var(--c0)}
footer{color:var(--soft);font-size:12.5px;margin-top:20px}
@media (max-width:760px){main{padding:12px 10px 32px}section{padding:16px 14px}.verdict{padding:18px 16px;border-left-width:6px}
h1{font-size:40px;gap:12px}.seal{width:38px;height:38px;font-size:23px}.lead{font-size:18px}.pair{grid-template-columns:1fr}.calls{columns:1}
.tiles{grid-template-columns:1fr 1fr;gap:8px}.tile b{font-size:22px}}
@media print{:root{--paper:#fff}body{font-size:12px;print-color-adjust:exact;-webkit-print-color-adjust:exact}main{max-width:none;padding:0}
section,.tiles,.verdict{break-inside:avoid}.scroll,.chart{overflow:visible}.chart svg{min-width:0}#tip{display:none!important}}
`;
