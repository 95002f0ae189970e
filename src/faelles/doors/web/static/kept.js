// What was typed is not lost with the session: it waits in this tab until the same person comes back to the form. Nobody
// else gets to see it; PINs, passwords, codes and what could be a CPR number are not kept.

const PLACE = "typed";
const NEVER = 'input[type="password"], input[type="file"], .code, [name="csrf"], [name="key"], [name="cpr"], [name="pin"]';
const CPR = /(0[1-9]|[12]\d|3[01])(0[1-9]|1[0-2])\d\d[- ]?\d{4}/;
const person = document.body.dataset.person;
const refused = document.getElementById("typed-waits");
const kept = JSON.parse(sessionStorage.getItem(PLACE));

if (refused) wait();
else if (person) comeBack();

if (person) {
  // Bubbled up to here, it is known whether a script sends the form itself.
  window.addEventListener("submit", ({ target, submitter, defaultPrevented }) => {
    if (defaultPrevented || target.method !== "post") return;
    const page = location.pathname + location.search;
    const pressed = submitter?.name ? [[submitter.name, submitter.value]] : [];
    keep({ person, page, action: target.getAttribute("action"), values: [...typed(target), ...pressed] });
  });
}

// The answer to a form that nothing was done with.
function wait() {
  if (!kept) return;
  keep({ ...kept, waits: true });
  refused.hidden = false;
  const back = refused.querySelector("a");
  if (back) back.href = kept.page;
  else document.querySelector("main .button-primary").href = `/sign-in?next=${encodeURIComponent(kept.page)}`;
}

function comeBack() {
  if (!kept) return;
  const form = kept.person === person && kept.waits ? formOf(kept) : undefined;
  if (form) restore(form, kept.values);
  if (form || kept.person !== person || !kept.waits) sessionStorage.removeItem(PLACE);
}

function keep(what) {
  try {
    sessionStorage.setItem(PLACE, JSON.stringify(what));
  } catch {
    sessionStorage.removeItem(PLACE);
  }
}

function typed(form) {
  return fieldsOf(form)
    .flatMap((field) => valuesOf(field).map((value) => [field.name, value]))
    .filter(([, value]) => !CPR.test(value));
}

function fieldsOf(form) {
  return [...form.elements].filter((field) => field.name && !field.matches(NEVER) && field.localName !== "button");
}

function valuesOf(field) {
  if (field.localName === "select") return [...field.selectedOptions].map((option) => option.value);
  return isTick(field) && !field.checked ? [] : [field.value];
}

function isTick(field) {
  return field.type === "checkbox" || field.type === "radio";
}

// Of several forms that go to one place, the one about the same thing.
function formOf({ action, values }) {
  const there = [...document.forms].filter((form) => form.method === "post" && form.getAttribute("action") === action);
  const isSame = (form) =>
    fieldsOf(form)
      .filter((field) => field.type === "hidden")
      .every((field) => values.some(([name, value]) => name === field.name && value === field.value));
  return there.find(isSame) ?? (there.length === 1 ? there[0] : undefined);
}

function restore(form, values) {
  const left = [...values];
  for (const field of fieldsOf(form)) {
    const isChosen = (value) => values.some(([name, each]) => name === field.name && each === value);
    const next = left.findIndex(([name]) => name === field.name);
    if (field.localName === "select") for (const option of field.options) option.selected = isChosen(option.value);
    else if (isTick(field)) field.checked = isChosen(field.value);
    else if (next >= 0) field.value = left.splice(next, 1)[0][1];
  }
  for (let around = form.parentElement; around; around = around.parentElement) {
    if (around.localName === "details") around.open = true;
  }
  const note = document.getElementById("typed-is-back");
  form.before(note);
  note.hidden = false;
  note.focus();
  form.dispatchEvent(new Event("input", { bubbles: true }));
}
