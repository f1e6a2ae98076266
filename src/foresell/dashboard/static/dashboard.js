// Pages work without this file. With it charts answer the pointer, and the look can be chosen.
(() => {
  "use strict";
  const root = document.documentElement;
  const own = document.currentScript;
  const kept = (() => { try { return localStorage.getItem("foresell-theme"); } catch { return null; } })();
  if (kept === "dark" || kept === "light") root.dataset.theme = kept;
  root.classList.add("scripted");

  const isDark = () => root.dataset.theme
    ? root.dataset.theme === "dark"
    : matchMedia("(prefers-color-scheme: dark)").matches;

  function themeSwitch(button) {
    const say = () => { button.textContent = isDark() ? "Light" : "Dark"; };
    button.hidden = false;
    say();
    button.addEventListener("click", () => {
      root.dataset.theme = isDark() ? "light" : "dark";
      try { localStorage.setItem("foresell-theme", root.dataset.theme); } catch { /* private mode */ }
      say();
    });
  }

  let library;
  function charts() {
    library ??= new Promise((done, failed) => {
      const script = document.createElement("script");
      script.type = "module";
      script.src = own.dataset.charts;
      script.onload = () => done(window.vegaEmbed);
      script.onerror = () => failed(new Error("the chart library did not come"));
      document.head.append(script);
    });
    return library;
  }

  async function draw(plot) {
    const address = new URL(plot.dataset.chart, location.href);
    const width = Math.floor(plot.clientWidth);
    if (!width || plot.dataset.drawn === String(width)) return;
    plot.dataset.drawn = String(width);
    address.searchParams.set("width", String(width));
    try {
      const [embed, reply] = await Promise.all([charts(), fetch(address)]);
      if (!reply.ok) throw new Error(`${reply.status} ${reply.statusText}`);
      const spec = await reply.json();
      const held = document.createElement("div");
      held.setAttribute("aria-hidden", "true"); // the plot says it all by its label
      const result = await embed(held, spec, {
        ast: true, actions: false, renderer: "svg", defaultStyle: false,
        tooltip: { disableDefaultStyle: true, theme: "foresell" },
      });
      plot.view?.finalize();
      plot.view = result.view;
      plot.replaceChildren(held);
      plot.dataset.state = "drawn";
    } catch (error) {
      plot.dataset.state = "failed";
      const said = document.createElement("p");
      said.className = "trouble";
      said.textContent = `This chart could not be drawn: ${error.message}.`;
      plot.replaceChildren(said);
    }
  }

  function watch(plots) {
    const near = new IntersectionObserver((entries) => {
      for (const entry of entries) if (entry.isIntersecting) { near.unobserve(entry.target); draw(entry.target); }
    }, { rootMargin: "400px" });
    for (const plot of plots) near.observe(plot);
    let waiting;
    addEventListener("resize", () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => { for (const plot of plots) if (plot.dataset.drawn) draw(plot); }, 200);
    });
  }

  addEventListener("DOMContentLoaded", () => {
    for (const button of document.querySelectorAll("[data-theme-switch]")) themeSwitch(button);
    watch(document.querySelectorAll(".plot[data-chart]"));
    // What is left blank asks nothing, so it has no place in the address of a view.
    for (const form of document.querySelectorAll("form[method=get]")) {
      form.addEventListener("formdata", ({ formData }) => {
        for (const name of new Set(formData.keys())) if (formData.getAll(name).every((one) => one === "")) formData.delete(name);
      });
    }
    for (const form of document.querySelectorAll("form[data-live]")) {
      for (const field of form.querySelectorAll("select, input[type=checkbox], input[type=radio]"))
        field.addEventListener("change", () => form.requestSubmit());
    }
  });
})();
