// Light or dark: as the system has it, unless somebody has chosen otherwise. Loaded before the page is drawn.

const KEY = 'evapid.theme'
const THEMES = ['auto', 'light', 'dark'] as const
type Theme = (typeof THEMES)[number]

/** Storage may be forbidden; then nothing is remembered. */
export function remembered(key: string): string | undefined {
  try {
    return localStorage.getItem(key) ?? undefined
  } catch {
    return undefined
  }
}

export function remember(key: string, value: string): void {
  try {
    localStorage.setItem(key, value)
  } catch {
    // Then it holds for this visit.
  }
}

function apply(theme: Theme): void {
  if (theme === 'auto') delete document.documentElement.dataset['theme']
  else document.documentElement.dataset['theme'] = theme
}

function current(): Theme {
  return THEMES.find((theme) => theme === document.documentElement.dataset['theme']) ?? 'auto'
}

/** The switch. @param changed the colours are others now */
export function themeSwitch(button: HTMLButtonElement, changed: () => void): void {
  const show = () => {
    button.textContent = `Theme: ${current()}`
  }
  button.addEventListener('click', () => {
    const next = THEMES[(THEMES.indexOf(current()) + 1) % THEMES.length] ?? 'auto'
    apply(next)
    remember(KEY, next)
    show()
    changed()
  })
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', changed)
  show()
}

apply(THEMES.find((theme) => theme === remembered(KEY)) ?? 'auto')
