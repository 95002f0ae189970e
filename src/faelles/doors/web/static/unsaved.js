// Warns before what was typed is lost. A form asks for it with data-unsaved; sending it is no loss, and a form that
// comes back with errors (data-unsaved="changed") is unsaved from the start.

const forms = [...document.querySelectorAll("form[data-unsaved]")];
const changed = new Set(forms.filter((form) => form.dataset.unsaved === "changed"));

for (const form of forms) {
  form.addEventListener("input", () => changed.add(form));
  form.addEventListener("reset", () => changed.delete(form));
  form.addEventListener("submit", (event) => {
    if (!event.defaultPrevented) changed.delete(form);
  });
}

window.addEventListener("beforeunload", (event) => {
  if (changed.size > 0) event.preventDefault();
});
