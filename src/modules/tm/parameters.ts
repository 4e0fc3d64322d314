// The parameters of the tm module: those of transactions (src/tm/options.ts), and those of Kamailio's that mean nothing here.

import { ignored } from '../../core/parameters.ts'
import { TRANSACTION_PARAMETERS } from '../../tm/options.ts'

const NEVER_FORWARDS = 'requests are answered here and never forwarded'
const MATCHING = 'requests are matched as RFC 3261 says'
const ONE_WAIT = 'each wait has its own bound, fr_timer or fr_inv_timer'
const NO_UNIX = 'nothing is written to Unix sockets'

const forwarding = {
  integer: ignored('integer', NEVER_FORWARDS),
  string: ignored('string', NEVER_FORWARDS),
}

export const TM_PARAMETERS = {
  ...TRANSACTION_PARAMETERS,
  ruri_matching: ignored('integer', MATCHING),
  via1_matching: ignored('integer', MATCHING),
  callid_matching: ignored('integer', MATCHING),
  callid_cseq_matching: ignored('integer', MATCHING),
  max_inv_lifetime: ignored('integer', ONE_WAIT),
  max_noninv_lifetime: ignored('integer', ONE_WAIT),
  noisy_ctimer: ignored('integer', 'a timeout is always answered'),
  unix_tx_timeout: ignored('integer', NO_UNIX),
  tw_append: ignored('string', NO_UNIX),
  default_code: ignored('integer', 'a reply whose code is none is an error of the script'),
  default_reason: ignored('string', 'a reply whose code is none is an error of the script'),
  rich_redirect: ignored('integer', 'there are no branches to redirect to'),
  event_callback: ignored('string', 'there are no events of local requests and of branches'),
  event_callback_lres_sent: ignored('string', 'there are no events of local responses'),
  exec_time_check: ignored('integer', 'how long routes take is measured'),
  reparse_invite: forwarding.integer,
  restart_fr_on_each_reply: forwarding.integer,
  pass_provisional_replies: forwarding.integer,
  aggregate_challenges: forwarding.integer,
  unmatched_cancel: forwarding.integer,
  ac_extra_hdrs: forwarding.string,
  blst_503: forwarding.integer,
  blst_503_def_timeout: forwarding.integer,
  blst_503_min_timeout: forwarding.integer,
  blst_503_max_timeout: forwarding.integer,
  blst_methods_add: forwarding.integer,
  blst_methods_lookup: forwarding.integer,
  cancel_b_method: forwarding.integer,
  reparse_on_dns_failover: forwarding.integer,
  on_sl_reply: forwarding.string,
  disable_6xx_block: forwarding.integer,
  local_ack_mode: forwarding.integer,
  local_cancel_reason: forwarding.integer,
  e2e_cancel_reason: forwarding.integer,
  relay_100: forwarding.integer,
  enable_uac_fr: forwarding.integer,
  fr_timer_avp: forwarding.string,
  fr_inv_timer_avp: forwarding.string,
  contacts_avp: forwarding.string,
  contact_flows_avp: forwarding.string,
  xavp_contact: forwarding.string,
  remap_503_500: forwarding.integer,
  failure_exec_mode: forwarding.integer,
  failure_reply_mode: forwarding.integer,
  faked_reply_prio: forwarding.integer,
  dns_reuse_rcv_socket: forwarding.integer,
  reply_relay_mode: forwarding.integer,
}
