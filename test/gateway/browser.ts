// Headless Chromium for the tests of the page: Debian's. Everything that a page says on its console, and every request it makes, is kept.

import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { forward, plan, setTag } from '../../src/core/plan.ts'
import { Bus, type BusConfig } from '../support/bus.ts'

const EXECUTABLE = '/usr/bin/chromium'

/** Milliseconds that anything on a page may take: a busy machine draws slowly. */
export const PATIENCE = 20_000

function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: EXECUTABLE, args: ['--no-sandbox', '--disable-gpu'] })
}

/** One page, in a context of its own. */
export class Tab implements AsyncDisposable {
  readonly page: Page
  /** Errors and warnings, and what was thrown. */
  readonly complaints: string[] = []
  readonly requests: string[] = []

  private constructor(page: Page) {
    this.page = page
    page.setDefaultTimeout(PATIENCE)
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) this.complaints.push(message.text())
    })
    page.on('pageerror', (error) => this.complaints.push(String(error)))
    page.on('request', (request) => this.requests.push(request.url()))
    page.on('websocket', (socket) => this.requests.push(socket.url()))
  }

  static async open(browser: Browser, address: string, options: BrowserContextOptions = {}): Promise<Tab> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options })
    // What tsx puts into functions that are compiled when they are run, and evaluate() takes to the page.
    await context.addInitScript('globalThis.__name = (named) => named')
    const tab = new Tab(await context.newPage())
    await tab.page.goto(`http://${address}/`)
    return tab
  }

  /** Waits until the status says so. */
  async status(text: string): Promise<void> {
    await this.page.locator('#status-text', { hasText: text }).waitFor()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.page.context().close()
  }
}

/** What a test of the page has. */
export interface Stage {
  browser(): Browser
  /** A bus with a gateway, whose clients are tagged `caller`. */
  start(config?: BusConfig): Promise<Bus>
  open(bus: Bus, options?: BrowserContextOptions): Promise<Tab>
}

const ROUTES = {
  'evapi:connection-new': plan(setTag('caller')),
  'evapi:message-received': plan(forward()),
}

/** Tests that need Chromium; where it is missing they are skipped, in CI they fail. */
export function describePage(name: string, tests: (stage: Stage) => void): void {
  if (!existsSync(EXECUTABLE)) {
    test(name, { skip: process.env['CI'] ? false : 'no Chromium here' }, () => {
      assert.fail('install chromium: in CI the page is tested')
    })
    return
  }
  describe(name, () => {
    let browser: Browser
    before(async () => {
      browser = await launch()
    })
    after(() => browser.close())
    tests({
      browser: () => browser,
      start: (config = {}) =>
        Bus.start({ routes: ROUTES, ...config, gateway: { listen: '127.0.0.1:0', ...config.gateway } }),
      open: (bus, options) => Tab.open(browser, bus.server.httpAddress, options),
    })
  })
}
