// The page's language: both are in the HTML, the root's lang shows one. Nothing is loaded.
const root = document.documentElement;
const KEPT = "hailong-language";

function show(language) {
  root.lang = language;
  document.title = document.querySelector(`h1 [lang="${language}"]`).textContent;
}

try {
  if (localStorage.getItem(KEPT) === "en") show("en");
} catch { /* a browser that keeps nothing shows Vietnamese */ }

document.querySelector("[data-language]").addEventListener("click", () => {
  const language = root.lang === "vi" ? "en" : "vi";
  show(language);
  try { localStorage.setItem(KEPT, language); } catch { /* as above */ }
  document.dispatchEvent(new Event("language"));
});

/** A text in both languages, set into an element. */
export function say(element, vietnamese, english) {
  const spans = [["vi", vietnamese], ["en", english]].map(([language, text]) => {
    const span = document.createElement("span");
    span.lang = language;
    span.textContent = text;
    return span;
  });
  element.replaceChildren(...spans);
}

/** The same for an attribute, which can hold only one of them. */
export function pick(vietnamese, english) {
  return root.lang === "vi" ? vietnamese : english;
}
