// URIs that were parsed last. Several variables look at the same one ($fU, $fd, then $fU again), mostly in a row: one
// place remembers one URI.

import { parseUri, type SipUri } from '../../sip/uri.ts'

export class UriParser {
  private text: string | undefined = undefined
  private uri: SipUri | undefined = undefined

  /** The URI in parts; undefined when it is none. */
  parse(text: string): SipUri | undefined {
    if (text !== this.text) {
      this.uri = parseUri(text)
      this.text = text
    }
    return this.uri
  }
}
