// Elements of the page: found by id, made with text in them. Text is never taken for HTML.

/** @throws Error when the page has none of that kind: page and code are not of one version */
export function byId<Kind extends HTMLElement>(id: string, kind: new () => Kind): Kind {
  const found = document.getElementById(id)
  if (found instanceof kind) return found
  throw new Error(`the page has no ${kind.name} #${id}`)
}

export function make<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  className = '',
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name)
  if (className !== '') element.className = className
  element.append(...children)
  return element
}

/** Changes the text only where it is another one: what stays is not drawn, and not read out, again. */
export function say(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text
}

/** Runs it when nothing has been asked for some time. */
export function settled(milliseconds: number, run: () => void): () => void {
  let timer: number | undefined
  return () => {
    clearTimeout(timer)
    timer = window.setTimeout(run, milliseconds)
  }
}
