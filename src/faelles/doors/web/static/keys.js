// Keys that work on every page: Alt with a number or letter presses what shows it, ? tells them all.

const help = document.getElementById("keys");
const further = document.querySelector(".further");

document.addEventListener("keydown", (event) => {
  if (event.altKey && !event.ctrlKey && !event.metaKey && event.key.length === 1) {
    const meant = document.querySelector(`[data-shortcut="${CSS.escape(event.key.toLowerCase())}"]`);
    if (meant) {
      event.preventDefault();
      meant.click();
    }
  }
  if (event.key === "Escape" && further?.open) {
    further.open = false;
    further.querySelector("summary").focus();
  }
  if (event.key === "?" && help && isFree(event.target)) {
    event.preventDefault();
    help.showModal();
  }
});

document.addEventListener("click", (event) => {
  if (further?.open && !further.contains(event.target)) further.open = false;
  if (event.target.closest('[data-action="print"]') && !event.target.closest("#log")) window.print();
});

function isFree(target) {
  const isField = target.matches?.("input, textarea, select");
  return !isField || (target.id === "scan" && target.value === "");
}
