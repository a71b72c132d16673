/**
 * The page's only script: shows the `data-tip` of what the pointer is on. It sets text, never markup. Without it
 * the page says the same in its tables.
 */
export const HOVER_SCRIPT = `
const tip = document.createElement("div");
tip.id = "tip";
document.body.append(tip);
document.addEventListener("pointermove", (event) => {
  const owner = event.target instanceof Element ? event.target.closest("[data-tip]") : null;
  if (owner === null) { tip.style.display = "none"; return; }
  tip.textContent = owner.getAttribute("data-tip");
  tip.style.display = "block";
  const room = document.documentElement.clientWidth - tip.offsetWidth - 8;
  tip.style.left = Math.max(4, Math.min(event.clientX + 14, room)) + "px";
  tip.style.top = (event.clientY + 18 + tip.offsetHeight > innerHeight
    ? event.clientY - tip.offsetHeight - 10 : event.clientY + 18) + "px";
});
document.addEventListener("pointerleave", () => { tip.style.display = "none"; });
`;
