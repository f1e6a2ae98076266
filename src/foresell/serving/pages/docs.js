"use strict";
let key = "";  // of who looks at the page; it is kept nowhere else, and gone with the page

function show() {
  const page = window.SwaggerUIBundle({
    url: "openapi.json",
    dom_id: "#api",
    deepLinking: true,
    defaultModelsExpandDepth: -1,
    docExpansion: "list",
    displayRequestDuration: true,
    tryItOutEnabled: true,
    validatorUrl: null,
    persistAuthorization: false,
    presets: [window.SwaggerUIBundle.presets.apis],
    layout: "BaseLayout",
    requestInterceptor: (request) => {
      if (key && request.loadSpec) request.headers["X-API-Key"] = key;
      return request;
    },
    onComplete: () => { if (key) page.preauthorizeApiKey("key", key); },
  });
}

function askForKey(why) {
  const form = document.createElement("form");
  const label = document.createElement("label");
  const field = document.createElement("input");
  const send = document.createElement("button");
  label.textContent = `${why} An API key with the scope read opens the description: `;
  field.type = "password";
  field.name = "key";
  field.autocomplete = "off";
  send.textContent = "Open";
  label.append(field);
  form.className = "wait";
  form.append(label, send);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    key = field.value.trim();
    open();
  });
  document.getElementById("api").replaceChildren(form);
  field.focus();
}

async function open() {
  const heads = key ? { "X-API-Key": key } : {};
  const got = await fetch("openapi.json", { headers: heads });
  if (got.status === 401) askForKey(key ? "This key is not known here." : "This server asks for keys.");
  else if (got.status === 403) askForKey("This key does not allow it.");
  else show();
}

open();
