// The page in a browser, on a server in this process: what a person sees and does.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { forward, plan, setTag } from '../../src/core/plan.ts'
import { Bus, type BusConfig } from '../support/bus.ts'
import { hasChromium, launch, Tab } from './browser.ts'

const ROUTES = {
  'evapi:connection-new': plan(setTag('caller')),
  'evapi:message-received': plan(forward()),
}

if (!hasChromium) {
  test('the page', { skip: process.env['CI'] ? false : 'no Chromium here' }, () => {
    assert.fail('install chromium: in CI the page is tested')
  })
} else describe('the page', describePage)

function describePage(): void {
  let browser: Browser

  before(async () => {
    browser = await launch()
  })
  after(() => browser.close())

  const start = (config: BusConfig = {}) =>
    Bus.start({ routes: ROUTES, ...config, gateway: { listen: '127.0.0.1:0', ...config.gateway } })
  const open = (bus: Bus, options = {}) => Tab.open(browser, bus.server.httpAddress, options)

  test('loads without a complaint, asks nobody else, and shows who is there', async () => {
    await using bus = await start()
    const client = await bus.join()
    await using tab = await open(bus)
    await tab.status('Live')
    const { page } = tab
    const row = page.locator('#clients-body tr')
    await row.filter({ hasText: `127.0.0.1:${client.port}` }).waitFor()
    assert.match((await row.innerText()).replace(/\s+/g, ' '), /^0 127\.0\.0\.1:\d+ caller/)
    await page.locator('#routes li', { hasText: 'evapi:message-received' }).locator('text=plan').waitFor()
    assert.equal(await page.locator('#bind').innerText(), `EVAPI on ${bus.server.address}`)
    assert.deepEqual(tab.complaints, [])
    const hosts = new Set(tab.requests.map((url) => new URL(url).host))
    assert.deepEqual([...hosts], [bus.server.httpAddress])
  })

  test('follows what changes: rates, clients who come and go', async () => {
    await using bus = await start()
    await using tab = await open(bus)
    await tab.status('Live')
    const { page } = tab
    await page.locator('#clients-empty', { hasText: 'Nobody is connected.' }).waitFor()
    const client = await bus.join()
    await page.locator('#clients-count', { hasText: '1' }).waitFor()
    const sending = setInterval(() => void client.send('tick', 'tock'), 20)
    try {
      const rate = page.locator('.chart', { hasText: 'Messages in' }).locator('.figure')
      await page.waitForFunction((cell) => Number(cell?.textContent) > 0, await rate.elementHandle())
    } finally {
      clearInterval(sending)
    }
    assert.ok(await page.locator('.chart canvas').first().isVisible())
    client.close()
    await page.locator('#clients-empty', { hasText: 'Nobody is connected.' }).waitFor()
  })

  test('sends a message by hand, and says to how many', async () => {
    await using bus = await start()
    const client = await bus.join()
    await using tab = await open(bus)
    await tab.status('Live')
    const { page } = tab
    await page.getByLabel('Message').fill('hello, grüße')
    await page.getByRole('button', { name: 'Send' }).click()
    await page.locator('#send-outcome', { hasText: 'Sent to 1 client.' }).waitFor()
    await client.untilReceived(Buffer.from('14:hello, grüße,'))
    await page.getByText('Multicast').click()
    await page.getByLabel('Tag', { exact: true }).fill('nobody')
    await page.getByLabel('Message').press('Control+Enter')
    await page.locator('#send-outcome', { hasText: 'Nobody has that tag.' }).waitFor()
    await page.getByLabel('Tag', { exact: true }).fill('caller')
    await page.getByLabel('Message').fill('to callers')
    await page.getByLabel('Message').press('Control+Enter')
    await client.untilReceived('10:to callers,')
  })

  test('closes a client, but not before it has asked', async () => {
    await using bus = await start()
    const client = await bus.join()
    const other = await bus.join()
    await using tab = await open(bus)
    await tab.status('Live')
    const { page } = tab
    const dialog = page.getByRole('dialog', { name: 'Close this client?' })
    await page.getByRole('button', { name: 'Close client 0' }).click()
    assert.match(
      await dialog.innerText(),
      new RegExp(`Client 0, 127.0.0.1 port ${client.port}, tag .caller.`),
    )
    await dialog.getByRole('button', { name: 'Cancel' }).click()
    await dialog.waitFor({ state: 'hidden' })
    assert.equal(client.end, 'open')
    await page.getByRole('button', { name: 'Close client 0' }).click()
    await dialog.getByRole('button', { name: 'Close client' }).click()
    await client.untilEnd()
    assert.equal(other.end, 'open')
    await page.locator('#clients-count', { hasText: '1' }).waitFor()
    await page.locator('#tail-body tr', { hasText: 'closed here, by a route or by hand' }).waitFor()
  })

  test('sorts and filters clients, and does not draw more than it must', async () => {
    await using bus = await start()
    const clients = []
    for (let i = 0; i < 120; i++) clients.push(await bus.join())
    await clients[7]?.send('a', 'b')
    await using tab = await open(bus)
    await tab.status('Live')
    const { page } = tab
    const rows = page.locator('#clients-body tr')
    await page.locator('#clients-shown', { hasText: 'the first 100 of 120' }).waitFor()
    assert.equal(await rows.count(), 100)
    await page.getByRole('button', { name: 'In', exact: true }).click()
    await rows
      .nth(0)
      .filter({ hasText: `127.0.0.1:${clients[7]?.port}` })
      .waitFor()
    assert.equal(
      await page.getByRole('columnheader', { name: 'In', exact: true }).getAttribute('aria-sort'),
      'descending',
    )
    await page.getByRole('button', { name: /^Show up to/ }).click()
    await page.locator('#clients-shown', { hasText: '120 shown' }).waitFor()
    await page.getByLabel('Filter clients').fill(`:${clients[99]?.port}`)
    await page.locator('#clients-shown', { hasText: '1 shown that fit, of 120' }).waitFor()
  })

  test('shows events as they come, with filter and pause', async () => {
    await using bus = await start()
    await using tab = await open(bus)
    await tab.status('Live')
    const { page } = tab
    const events = page.locator('#tail-body tr')
    // Only once it is followed: before, nobody looks.
    const client = await bus.join()
    await page.waitForFunction(() => document.querySelector('#clients-count')?.textContent === '1')
    await client.send('first <b>bold</b>')
    await events.filter({ hasText: 'first <b>bold</b>' }).waitFor()
    await page.getByRole('button', { name: 'Pause' }).click()
    await client.send('while it is paused')
    await page.locator('#tail-note', { hasText: 'paused, 1 new' }).waitFor()
    assert.equal(await events.filter({ hasText: 'while it is paused' }).count(), 0)
    await page.getByRole('button', { name: 'Resume' }).click()
    await events.nth(0).filter({ hasText: 'while it is paused' }).waitFor()
    await page.getByLabel('Filter events').fill('apple')
    // The next one that does not fit is not there when one that does is.
    await page.waitForTimeout(400)
    await client.send('a pear', 'an apple')
    await events.nth(0).filter({ hasText: 'an apple' }).waitFor()
    assert.equal(await events.filter({ hasText: 'a pear' }).count(), 0)
    await page.getByRole('button', { name: 'Clear' }).click()
    await page.locator('#tail-empty').waitFor()
  })

  test('says that the daemon is away, keeps what was seen, and comes back by itself', async () => {
    const first = await start()
    const address = first.server.httpAddress
    const client = await first.join()
    await using tab = await Tab.open(browser, address)
    await tab.status('Live')
    const { page } = tab
    const row = page.locator('#clients-body tr', { hasText: `127.0.0.1:${client.port}` })
    await row.waitFor()
    await first[Symbol.asyncDispose]()
    await tab.status('Away')
    const banner = page.getByRole('alert')
    await banner.filter({ hasText: 'The daemon does not answer. What is shown was seen before' }).waitFor()
    assert.ok(await row.isVisible())
    await using second = await start({ gateway: { listen: address } })
    await second.join()
    await tab.status('Live')
    await banner.waitFor({ state: 'hidden' })
    await page.locator('#tail-body tr', { hasText: 'to a daemon that was started meanwhile' }).waitFor()
    await row.waitFor({ state: 'detached' })
    await page.locator('#clients-count', { hasText: '1' }).waitFor()
  })

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
        .filter((element) => !element.closest('.hidden, .plot, .skip') && element.checkVisibility())
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

  test('has its files once: a browser that has them is told so', async () => {
    await using bus = await start()
    const get = (path: string, headers = {}) => fetch(`http://${bus.server.httpAddress}${path}`, { headers })
    const page = await get('/')
    assert.equal(page.headers.get('content-type'), 'text/html; charset=utf-8')
    assert.match(page.headers.get('content-security-policy') ?? '', /^default-src 'self';/)
    const etag = page.headers.get('etag') ?? ''
    assert.equal((await get('/', { 'if-none-match': `"other", W/${etag}` })).status, 304)
    assert.equal((await get('/', { 'if-none-match': '"other"' })).status, 200)
    assert.match(await (await get('/page/uplot.js')).text(), /export \{ uPlot as default \}/)
    assert.equal((await get('/page/../../package.json')).status, 404)
    assert.equal((await get('/page/tsconfig.json')).status, 404)
  })
}

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
