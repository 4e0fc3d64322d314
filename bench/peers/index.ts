// All peers, in the order in which they are shown.

import { evapid, evapidNamed, evapidTypeScript } from './evapid.ts'
import { evapidIdleGateway, evapidScraped, evapidWeb, evapidWebOverTcp } from './evapid-gateway.ts'
import { kamailio, kamailioFast } from './kamailio.ts'
import { nats } from './nats.ts'
import { nodeNet } from './node-net.ts'
import type { Peer } from './peer.ts'
import { raw } from './raw.ts'
import { redis } from './redis.ts'
import { uws } from './uws.ts'

export const peers: readonly Peer[] = [
  raw,
  evapid,
  evapidTypeScript,
  evapidNamed,
  nodeNet,
  nats,
  redis,
  kamailio,
  kamailioFast,
  uws,
  evapidWeb,
  evapidWebOverTcp,
  evapidIdleGateway,
  evapidScraped,
]
