// How the page looks and how it is worked: small screens, the keyboard, colours.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describePage } from './browser.ts'

describePage('the look of the page', ({ open, start }) => {
  test('fits a screen of 360 px', async () => {
    await using bus = await start()
    const client = await bus.join()
    await using tab = await open(bus, { viewport: { width: 360, height: 640 } })
    await tab.status('Live')
    const { page } = tab
    await page.locator('#clients-body tr').waitFor()
    await client.send('x'.repeat(3000))
    await page.locator('#tail-body tr[data-kind=message]').waitFor()
    const wide = await page.evaluate(() =>
      [...document.querySelectorAll('body *')]
        .filter((element) => element.getBoundingClientRect().right > innerWidth + 0.5)
        .filter((element) => !element.closest('.hidden, .plot, .skip, td.grow') && element.checkVisibility())
        .map((element) => element.outerHTML.slice(0, 80)),
    )
    assert.deepEqual(wide, [])
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360)
    assert.ok(await page.getByRole('button', { name: 'Close client 0' }).isVisible())
  })

  test('is worked with the keyboard alone: all is reached, and the focus is seen and stays', async () => {
    await using bus = await start()
    await bus.join()
    const second = await bus.join()
    await using tab = await open(bus)
    await tab.status('Live')
    const { page } = tab
    await page.locator('#clients-body tr').nth(1).waitFor()
    const wanted = await page.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>('a, button, input, textarea, .scroll')]
        .filter(
          (element) => element.checkVisibility() && !element.matches(':disabled, [type=radio]:not(:checked)'),
        )
        .filter((element) => !element.closest('dialog'))
        .map((element) => element.id || (element.getAttribute('aria-label') ?? element.textContent)),
    )
    const reached = new Set<string>()
    for (let presses = 0; presses < wanted.length + 10; presses++) {
      await page.keyboard.press('Tab')
      const { name, outlined } = await page.evaluate(() => {
        const element = document.activeElement as HTMLElement
        const shown = element.matches('[type=radio]') ? (element.nextElementSibling ?? element) : element
        return {
          name: element.id || (element.getAttribute('aria-label') ?? element.textContent),
          outlined: element === document.body || getComputedStyle(shown).outlineStyle !== 'none',
        }
      })
      assert.ok(outlined, `the focus is seen on ${name}`)
      reached.add(name)
    }
    assert.deepEqual(
      wanted.filter((name) => !reached.has(name)),
      [],
    )
    await page.getByRole('button', { name: 'Close client 1' }).focus()
    second.close()
    await page.locator('#clients-count', { hasText: '1' }).waitFor()
    assert.equal(
      await page.evaluate(() => document.activeElement?.getAttribute('aria-label')),
      'Close client 0',
    )
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
    assert.equal(
      await page.evaluate(() => document.activeElement?.getAttribute('aria-label')),
      'Close client 0',
    )
  })

  test('is dark where the system is, and as somebody has chosen', async () => {
    await using bus = await start()
    await using tab = await open(bus, { colorScheme: 'dark' })
    await tab.status('Live')
    const { page } = tab
    const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor)
    const dark = await ground()
    const button = page.getByRole('button', { name: /^Theme/ })
    await button.click()
    assert.equal(await button.innerText(), 'Theme: light')
    const light = await ground()
    assert.notEqual(dark, light)
    await page.reload()
    assert.equal(await ground(), light)
    await page.emulateMedia({ colorScheme: 'light' })
    await button.click()
    assert.equal(await ground(), dark)
  })

  test('has text that can be read: contrasts of at least 4.5, light and dark', async () => {
    await using bus = await start()
    const client = await bus.join()
    for (const colorScheme of ['light', 'dark'] as const) {
      await using tab = await open(bus, { colorScheme })
      await tab.status('Live')
      await client.send('something to see')
      await tab.page.locator('#clients-body tr').waitFor()
      await tab.page.locator('#tail-body tr').first().waitFor()
      assert.deepEqual(await tab.page.evaluate(faint), [], colorScheme)
    }
  })
})

/** In the browser: texts whose contrast to what is behind them is below 4.5 (WCAG 2.2, 1.4.3). */
function faint(): string[] {
  const parse = (colour: string) => (colour.match(/[\d.]+/g) ?? []).map(Number)
  const luminance = (colour: readonly number[]) => {
    const [red = 0, green = 0, blue = 0] = colour.map((value) => {
      const share = value / 255
      return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
  }
  const behind = (element: Element | null): number[] => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor)
      if ((colour[3] ?? 1) > 0) return colour
    }
    return [255, 255, 255]
  }
  const found: string[] = []
  for (const element of document.querySelectorAll('body *')) {
    const text = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent?.trim())
    if (!text || !element.checkVisibility() || element.matches(':disabled, .hidden, .hidden *, option'))
      continue
    const one = luminance(parse(getComputedStyle(element).color).slice(0, 3))
    const other = luminance(behind(element).slice(0, 3))
    const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05)
    if (contrast < 4.5) found.push(`${contrast.toFixed(2)} ${element.outerHTML.slice(0, 80)}`)
  }
  return found
}
