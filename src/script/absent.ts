// What Kamailio has and evapid has not, and why: modules, their functions and pseudo-variables. And what may be loaded without any effect.

import { ABSENT_NAMES } from './absent-names.ts'

/** Why, and what to do instead, by the kind of thing that is missing. */
const REASONS = {
  proxy:
    'evapid forwards no SIP request: it answers, or hands over to an application; leave routing to the proxy in front, or to what answers the event',
  location:
    'evapid keeps no registrations and no subscriptions; ask the proxy that has them, over EVAPI or HTTP',
  dialog: 'evapid follows no dialogs: it sees single requests and their transactions',
  media: 'evapid touches neither SDP nor media; leave it to the proxy in front',
  database:
    'evapid has no database; relay an event and let the application that has one answer, or keep what is looked up in a htable',
  auth: 'evapid checks no credentials; let the proxy in front do it, or the application that answers the event',
  accounting: 'evapid writes no accounting; relay an event to the application that does',
  transport: 'evapid takes SIP over UDP and TCP, and EVAPI; other transports are not spoken by scripts',
  broker: 'evapid is the event bus itself; relay an event to a program that talks to the other one',
  process:
    'a script never starts a process: it would stop every client meanwhile; relay an event to a program that does the work',
  language: 'routes of evapid are in a kamailio.cfg, in KEMI JavaScript or in TypeScript',
  diameter: 'evapid speaks no Diameter',
  monitoring: 'evapid has counters of its own (evapid top, metrics); limits are parameters of evapi and sip',
  text: 'nobody has needed it around EVAPI so far; the transformations of pv and textops may do',
} as const

const MODULES_BY_REASON: Readonly<Record<keyof typeof REASONS, string>> = {
  proxy:
    'alias_db blst carrierroute dispatcher diversion drouting lcr mangler outbound path pdt prefix_route rr seas sipcapture siptrace speeddial sst tmrec topoh topos topos_redis uac_redirect userblocklist',
  location:
    'cpl_c dmq_usrloc imc lrkproxy msilo p_usrloc presence presence_dialoginfo presence_mwi presence_reginfo presence_xml pua pua_dialoginfo pua_json pua_reginfo pua_usrloc registrar rls sca tsilo uac usrloc xcap_client xcap_server',
  dialog: 'call_control call_obj dialog ims_dialog mohqueue pv_headers qos',
  media:
    'mediaproxy nat_traversal nathelper rtjson rtp_media_server rtpengine rtpproxy sdpops sipt ss7ops stun',
  database:
    'avpops cfg_db db2_ldap db2_ops db_berkeley db_cassandra db_cluster db_flatstore db_mongodb db_mysql db_oracle db_perlvdb db_postgres db_redis db_sqlite db_text db_unixodbc dialplan domain domainpolicy group h350 ldap matrix mtree pdb permissions sqlops uid_auth_db uid_avp_db uid_domain uid_gflags uid_uri_db uri_db',
  auth: 'auth auth_db auth_diameter auth_ephemeral auth_identity auth_radius auth_xkeys crypto gcrypt jwt misc_radius peering secfilter secsipid stirshaken tlsa',
  accounting: 'acc acc_diameter acc_json acc_radius',
  transport:
    'microhttpd mqtt msrp nghttp2 sctp sms smsops tcpops tls websocket xhttp xhttp_pi xhttp_prom xhttp_rpc xmpp',
  broker:
    'dmq erlang evrexec http_async_client http_client influxdbc janssonrpcc jsonrpcc kafka kazoo lost lwsc memcached nats ndb_cassandra ndb_mongodb ndb_redis nsq osp rabbitmq slack utils xmlrpc',
  process: 'exec',
  language: 'app_java app_lua app_lua_sr app_mono app_perl app_python app_python3 app_ruby app_sqlang',
  diameter:
    'cdp cdp_avp ims_auth ims_charging ims_diameter_server ims_icscf ims_isc ims_ocs ims_qos ims_registrar_pcscf ims_registrar_scscf ims_usrloc_pcscf ims_usrloc_scscf',
  monitoring: 'benchmark cfgt keepalive pike pipelimit ratelimit sipdump snmpstats statsc statsd',
  text: 'async avp dnssec enum geoip geoip2 gzcompress ipops log_custom malloc_test math nosip phonenum posops print print_lib regex sipjson systemdops timer xmlops xprint',
}

/** Modules of Kamailio that are not here, with the reason. */
export const ABSENT_MODULES: ReadonlyMap<string, string> = new Map(
  Object.entries(MODULES_BY_REASON).flatMap(([reason, modules]) =>
    modules.split(' ').map((name) => [name, REASONS[reason as keyof typeof REASONS]] as const),
  ),
)

/** Modules that may be loaded and do nothing, with the reason; any modparam of theirs is accepted. */
export const MODULES_WITHOUT_EFFECT: ReadonlyMap<string, string> = new Map([
  ['ctl', 'evapid has its own control interface'],
  ['cfg_rpc', 'parameters are not changed while it runs; edit the file and reload'],
  ['kemix', 'it has functions for KEMI only, which are there where KEMI is'],
  ['counters', 'evapid has counters of its own'],
  ['app_jsdt', 'JavaScript of KEMI is built in'],
  ['debugger', 'run with --log-level debug to see which blocks run'],
  ['rr', 'evapid forwards no request, so that there is no route to record'],
  ['cfg_db', 'parameters stand in the file'],
  ['log_custom', 'the log is JSON on stderr'],
  ['nosip', 'whatever is no SIP is dropped'],
  ['blst', 'evapid sends requests to nobody who could be blocked'],
])

/** Something that Kamailio has and evapid has not. */
export interface Absent {
  readonly module: string
  readonly reason: string
}

/** Functions of modules that are here, but not these. */
const FUNCTIONS_OF_OURS: Readonly<Record<string, string>> = {
  tm: REASONS.proxy,
  tmx: REASONS.proxy,
  core: REASONS.proxy,
  sl: 'evapid answers requests with sl_send_reply and t_reply',
  cfgutils: 'it would stop every client while it runs, or concerns memory that evapid has not',
}

const NOT_YET = 'it is not among the functions of this module that evapid has'

const functions = new Map<string, Absent>()
const variables = new Map<string, Absent>()
for (const [module, names] of Object.entries(ABSENT_NAMES)) {
  const reason =
    MODULES_WITHOUT_EFFECT.get(module) ?? ABSENT_MODULES.get(module) ?? FUNCTIONS_OF_OURS[module] ?? NOT_YET
  for (const name of words(names.functions)) functions.set(name, { module, reason })
  for (const name of words(names.variables ?? '')) variables.set(name, { module, reason })
}

/** By name. Look among the functions that are here first. */
export const ABSENT_FUNCTIONS: ReadonlyMap<string, Absent> = functions

/** By class name, without the dollar. */
export const ABSENT_VARIABLES: ReadonlyMap<string, Absent> = variables

function words(list: string): readonly string[] {
  return list.split(' ').filter((word) => word !== '')
}
