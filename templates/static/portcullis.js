// Optional improvements: every page works without scripts.
"use strict";

// Adds a button that shows or hides the password.
for (const input of document.querySelectorAll("input[type=password][data-show]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "show";
  button.setAttribute("aria-controls", input.id);
  const label = (shown) => {
    input.type = shown ? "text" : "password";
    button.textContent = shown ? input.dataset.hide : input.dataset.show;
    button.setAttribute("aria-label", `${button.textContent}: ${input.labels[0].textContent.trim()}`);
  };
  label(false);
  button.addEventListener("click", () => label(input.type === "password"));
  // Browsers offer to save a password only from a password field.
  input.form.addEventListener("submit", () => label(false));
  input.after(button);
}

// Shows the strength of a new password while it is typed.
for (const input of document.querySelectorAll("input[autocomplete=new-password]")) {
  const told = document.createElement("p");
  told.className = "strength";
  told.setAttribute("role", "status");
  input.closest(".field").append(told);
  let waiting;
  let latest = 0;
  const ask = async () => {
    const sent = new URLSearchParams({ password: input.value });
    for (const name of ["csrf_token", "email", "username", "first_name"]) {
      sent.set(name, input.form.elements[name]?.value ?? "");
    }
    latest += 1;
    const mine = latest;
    const reply = await fetch("/password-strength", { method: "POST", body: sent }).catch(() => null);
    const { strength, text } = reply?.ok ? await reply.json() : {};
    // Ignore a reply to an older request.
    if (mine !== latest || !input.value) return;
    told.dataset.strength = strength ?? "";
    told.textContent = text ?? "";
  };
  input.addEventListener("input", () => {
    clearTimeout(waiting);
    if (!input.value) told.textContent = "";
    else waiting = setTimeout(ask, 300);
  });
}

// Counts down the seconds until the next try.
for (const left of document.querySelectorAll("[data-countdown]")) {
  const timer = setInterval(() => {
    left.textContent = String(Math.max(0, Number(left.textContent) - 1));
    if (left.textContent === "0") clearInterval(timer);
  }, 1000);
}

// Sends a form once, even if its button is pressed twice.
for (const form of document.forms) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
}
// Allows sending again after going back to the page.
addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});

// Opens the details that the fragment of the URL points into.
const target = document.getElementById(location.hash.slice(1));
target?.closest("details")?.setAttribute("open", "");
