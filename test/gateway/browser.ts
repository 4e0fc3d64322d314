// Headless Chromium for the tests of the page: Debian's. Everything that a page says on its console, and every request it makes, is kept.

import { existsSync } from 'node:fs'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'

const EXECUTABLE = '/usr/bin/chromium'

export const hasChromium = existsSync(EXECUTABLE)

/** Milliseconds that anything on a page may take: a busy machine draws slowly. */
export const PATIENCE = 20_000

export function launch(): Promise<Browser> {
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
