/** Make an element with classes, text or children, and attributes. Text is set as text content, never as markup. */
export function make(tag, { classes = "", text, children = [], ...attributes } = {}) {
  const element = document.createElement(tag);
  if (classes) element.className = classes;
  if (text !== undefined) element.textContent = text;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name.replace("_", "-"), value);
  element.append(...children);
  return element;
}
