// The pv module: the pseudo-variables that are always there (Kamailio's pv and tmx modules). Each family is in a file of its own
// in pv/; $null is the registry's.

import { defineModule } from '../core/module.ts'
import { avp } from './pv/avp.ts'
import { headerVariables } from './pv/headers.ts'
import { pvFunctions } from './pv/kemi.ts'
import { originVariables } from './pv/origin.ts'
import { requestUriVariables } from './pv/request-uri.ts'
import { timeVariables } from './pv/time.ts'
import { transactionVariables } from './pv/transaction.ts'
import { sharedVariableMethods, sharedVariables, variables } from './pv/var.ts'
import { xavp } from './pv/xavp.ts'

export const pv = defineModule({
  name: 'pv',
  kemi: pvFunctions,
  rpc: sharedVariableMethods,
  pseudoVariables: {
    var: variables,
    shv: sharedVariables,
    avp,
    xavp,
    ...headerVariables,
    ...requestUriVariables,
    ...originVariables,
    ...transactionVariables,
    ...timeVariables,
  },
})
