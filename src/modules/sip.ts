// The sip module: the limits of SIP over the network, as parameters. The messages and sockets are src/sip's; where it listens is
// the configuration's `listen`.

import { defineModule } from '../core/module.ts'
import { SIP_PARAMETERS } from '../sip/limits.ts'

export const sip = defineModule({ name: 'sip', parameters: SIP_PARAMETERS })
