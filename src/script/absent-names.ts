// What modules of Kamailio 5.6 offer scripts that is not here, as far as it is known: names of functions and pseudo-variables, so that a
// script which uses one is told so, and not that it has mistyped something. Why is in absent.ts. Of modules that are here, the functions that may
// be missing stand here too: those that there are go first.

/** A module's functions and pseudo-variables, each as names between blanks. */
export interface AbsentNames {
  readonly functions: string
  readonly variables?: string
}

/** By module. */
export const ABSENT_NAMES: Readonly<Record<string, AbsentNames>> = {
  acc: { functions: 'acc_db_request acc_log_request acc_request' },
  acc_diameter: { functions: 'acc_diam_request' },
  acc_json: { functions: '' },
  acc_radius: { functions: 'acc_rad_request' },
  alias_db: { functions: 'alias_db_find alias_db_lookup' },
  app_java: { functions: 'java_method_exec java_s_method_exec java_staticmethod_exec' },
  app_jsdt: { functions: 'jsdt_dofile jsdt_dostring jsdt_run jsdt_runstring' },
  app_lua: { functions: 'lua_dofile lua_dostring lua_meminfo lua_run lua_runstring' },
  app_lua_sr: { functions: '' },
  app_mono: { functions: 'mono_exec mono_run' },
  app_perl: { functions: 'perl_exec perl_exec_simple' },
  app_python: { functions: 'python_exec' },
  app_python3: { functions: 'python_exec' },
  app_ruby: { functions: 'ruby_run' },
  app_sqlang: { functions: 'sqlang_dofile sqlang_dostring sqlang_run sqlang_runstring' },
  async: {
    functions:
      'async_ms_route async_ms_sleep async_route async_sleep async_task_data async_task_group_data ' +
      'async_task_group_route async_task_route',
    variables: 'async',
  },
  auth: {
    functions:
      'auth_challenge auth_get_www_authenticate consume_credentials has_credentials proxy_challenge pv_auth_check ' +
      'pv_proxy_authenticate pv_proxy_authorize pv_www_authenticate pv_www_authorize www_challenge',
  },
  auth_db: {
    functions: 'auth_check is_subscriber proxy_authenticate proxy_authorize www_authenticate www_authorize',
  },
  auth_diameter: { functions: 'diameter_is_user_in diameter_proxy_authorize diameter_www_authorize' },
  auth_ephemeral: {
    functions:
      'autheph_authenticate autheph_check autheph_check_from autheph_check_timestamp autheph_check_to autheph_proxy ' +
      'autheph_www',
  },
  auth_identity: {
    functions:
      'auth_add_identity vrfy_check_callidcseq vrfy_check_certificate vrfy_check_date vrfy_check_msgvalidity ' +
      'vrfy_get_certificate',
  },
  auth_radius: { functions: 'radius_proxy_authorize radius_www_authorize' },
  auth_xkeys: { functions: 'auth_xkeys_add auth_xkeys_check' },
  avp: {
    functions:
      'append_attr_hf attr2uri attr_destination attr_equals attr_equals_xl attr_exists attr_to_reply del_attr del_attrs ' +
      'dump_attrs flags2attr hdr_body2attrs hdr_body2attrs2 insert_attr_hf print_attr replace_attr_hf set_attr ' +
      'set_iattr set_sattr subst_attr xlfix_attr xlset_attr xlset_destination',
  },
  avpops: {
    functions:
      'avp_check avp_copy avp_db_delete avp_db_load avp_db_query avp_db_store avp_delete avp_op avp_print avp_pushto ' +
      'avp_subst avp_subst_pv is_avp_set',
  },
  benchmark: { functions: 'bm_log_timer bm_start_timer', variables: 'BM_time_diff' },
  blst: {
    functions:
      'blst_add blst_add_retry_after blst_clear_ignore blst_del blst_is_blocklisted blst_rpl_clear_ignore ' +
      'blst_rpl_set_ignore blst_set_ignore',
  },
  call_control: { functions: 'call_control' },
  call_obj: { functions: 'call_obj_free call_obj_get' },
  carrierroute: { functions: 'cr_next_domain cr_nofallback_route cr_route cr_user_carrier' },
  cdp: { functions: '' },
  cdp_avp: { functions: '' },
  cfg_db: { functions: '' },
  cfg_rpc: { functions: '' },
  cfgt: { functions: '' },
  cfgutils: {
    functions:
      'abort check_route_exists core_hash is_gflag lock pkg_status pkg_summary rand_event rand_get_prob rand_reset_prob ' +
      'rand_set_prob reset_gflag route_if_exists set_gflag shm_status shm_summary sleep trylock unlock usleep',
  },
  core: {
    functions:
      'add_local_rport add_rport add_tcp_alias append_branch cfg_reset cfg_select clear_branches error exec flags_mask ' +
      'force_rport force_send_socket force_tcp_alias forward forward_sctp forward_tcp forward_tls forward_udp ' +
      'isavpflagset isbflagset isdsturiset isflagset log max_len next_branches prefix prefix_branch remove_branch ' +
      'resetavpflag resetbflag resetdsturi resetflag revert_uri rewritehost rewritehostport rewritehostporttrans ' +
      'rewriteport rewriteuri rewriteuser rewriteuserpass send send_tcp send_udp set_advertised_address ' +
      'set_advertised_port set_forward_close set_forward_no_connect set_reply_close set_reply_no_connect setavpflag ' +
      'setbflag setdsturi setflag sethost sethostport sethostporttrans setport seturi setuser setuserpass ssl strip ' +
      'strip_tail switch_fallback tls_check udp_mtu_try_proto',
  },
  corex: {
    functions:
      'append_branch file_read file_write forward_reply is_faked_msg is_incoming is_socket_name isxflagset ' +
      'msg_iflag_is_set msg_iflag_reset msg_iflag_set resetxflag send_data send_tcp send_udp sendx set_recv_socket ' +
      'set_recv_socket_name set_send_socket set_send_socket_name set_source_address setxflag via_add_srvid ' +
      'via_add_xavp_params via_use_xavp_fields',
  },
  counters: { functions: 'cnt_add cnt_inc cnt_reset' },
  cpl_c: { functions: 'cpl_process_register cpl_process_register_norpl cpl_run_script' },
  crypto: {
    functions:
      'crypto_aes_decrypt crypto_aes_encrypt crypto_hmac_sha256 crypto_netio_decrypt crypto_netio_encrypt',
  },
  ctl: { functions: '' },
  db2_ldap: { functions: '' },
  db2_ops: { functions: 'db_close db_first db_foreach db_next db_proper db_query db_seek' },
  db_berkeley: { functions: '' },
  db_cassandra: { functions: '' },
  db_cluster: { functions: '' },
  db_flatstore: { functions: '' },
  db_mongodb: { functions: '' },
  db_mysql: { functions: '' },
  db_oracle: { functions: '' },
  db_perlvdb: { functions: '' },
  db_postgres: { functions: '' },
  db_redis: { functions: '' },
  db_sqlite: { functions: '' },
  db_text: { functions: '' },
  db_unixodbc: { functions: '' },
  debugger: { functions: 'dbg_breakpoint dbg_pv_dump dbg_sip_msg' },
  dialog: {
    functions:
      'dlg_bridge dlg_bye dlg_db_load_callid dlg_db_load_extra dlg_get dlg_isflagset dlg_manage dlg_refer ' +
      'dlg_remote_profile dlg_reset_property dlg_resetflag dlg_set_property dlg_set_ruri dlg_set_timeout ' +
      'dlg_set_timeout_by_profile dlg_setflag get_profile_size is_in_profile is_known_dlg set_dlg_profile ' +
      'unset_dlg_profile',
    variables: 'DLG_count DLG_lifetime DLG_status dlg dlg_ctx dlg_var',
  },
  dialplan: { functions: 'dp_match dp_reload dp_replace dp_translate' },
  dispatcher: {
    functions:
      'ds_is_active ds_is_from_list ds_list_exist ds_list_exists ds_load_unset ds_load_update ds_mark_dst ' +
      'ds_next_domain ds_next_dst ds_reload ds_select ds_select_domain ds_select_dst ds_select_routes ds_set_domain ' +
      'ds_set_dst',
    variables: 'dsv',
  },
  diversion: { functions: 'add_diversion' },
  dmq: {
    functions:
      'dmq_bcast_message dmq_handle_message dmq_is_from_node dmq_process_message dmq_send_message dmq_t_replicate',
  },
  dmq_usrloc: { functions: '' },
  dnssec: { functions: '' },
  domain: { functions: 'is_domain_local is_from_local is_uri_host_local lookup_domain' },
  domainpolicy: { functions: 'dp_apply_policy dp_can_connect' },
  drouting: { functions: 'do_routing goes_to_gw is_from_gw next_routing use_next_gw' },
  enum: { functions: 'enum_pv_query enum_query i_enum_query is_from_user_enum' },
  erlang: {
    functions: 'erl_reg_send erl_reply erl_rpc erl_send',
    variables: 'erl_atom erl_list erl_pid erl_ref erl_tuple erl_xbuff',
  },
  evapi: {
    functions:
      'evapi_async_multicast evapi_async_relay evapi_async_unicast evapi_close evapi_multicast evapi_relay ' +
      'evapi_set_tag evapi_unicast',
  },
  evrexec: { functions: '', variables: 'evr' },
  exec: { functions: 'exec_avp exec_cmd exec_dset exec_msg' },
  gcrypt: { functions: 'gcrypt_aes_decrypt gcrypt_aes_encrypt' },
  geoip: { functions: 'geoip_match', variables: 'gip' },
  geoip2: { functions: 'geoip2_match', variables: 'gip2' },
  group: { functions: 'get_user_group is_user_in' },
  gzcompress: { functions: '' },
  h350: { functions: 'h350_auth_lookup h350_call_preferences h350_service_level h350_sipuri_lookup' },
  htable: {
    functions:
      'sht_has_name sht_has_str_value sht_iterator_end sht_iterator_next sht_iterator_rm sht_iterator_setex ' +
      'sht_iterator_seti sht_iterator_sets sht_iterator_start sht_lock sht_match_name sht_match_str_value sht_print ' +
      'sht_reset sht_rm sht_rm_name sht_rm_name_re sht_rm_value sht_rm_value_re sht_setxi sht_setxs sht_unlock',
  },
  http_async_client: {
    functions: 'http_async_query',
    variables:
      'http_bs http_err http_hdr http_ml http_ok http_rb http_req http_req_id http_rr http_rs http_time',
  },
  http_client: {
    functions: 'http_client_get http_client_query http_connect http_get_redirect',
    variables: 'curlerror http_rb http_rs',
  },
  imc: { functions: 'imc_manager' },
  ims_auth: { functions: 'ims_proxy_authenticate ims_www_authenticate ims_www_challenge' },
  ims_charging: { functions: 'Ro_CCR' },
  ims_dialog: { functions: '' },
  ims_diameter_server: { functions: 'diameter_request' },
  ims_icscf: { functions: 'I_perform_user_authorization_request I_scscf_select' },
  ims_isc: { functions: 'isc_from_as isc_match_filter isc_match_filter_reg' },
  ims_ocs: { functions: '' },
  ims_qos: { functions: 'Rx_AAR' },
  ims_registrar_pcscf: { functions: 'pcscf_force_register_contact pcscf_is_registered pcscf_save' },
  ims_registrar_scscf: { functions: 'assign_server_unreg save unregister' },
  ims_usrloc_pcscf: { functions: '' },
  ims_usrloc_scscf: { functions: '' },
  influxdbc: {
    functions:
      'influxdbc_long influxdbc_measure influxdbc_measureend influxdbc_push influxdbc_string influxdbc_sub ' +
      'influxdbc_subend',
  },
  ipops: {
    functions:
      'compare_ips compare_pure_ips detailed_ip_type detailed_ipv4_type detailed_ipv6_type dns_int_match_ip dns_query ' +
      'dns_set_local_ttl dns_sys_match_ip ip_type is_in_subnet is_ip is_ip_rfc1918 is_ipv4 is_ipv6 is_ipv6_reference ' +
      'is_pure_ip naptr_query srv_query',
    variables: 'HN dns naptrquery srvquery',
  },
  jansson: {
    functions:
      'jansson_append jansson_array_size jansson_get jansson_get_field jansson_set jansson_xdecode jansson_xencode',
  },
  janssonrpcc: { functions: 'janssonrpc_notification janssonrpc_request jsansonrpc_request' },
  json: { functions: 'json_get_field json_get_string' },
  jsonrpcc: { functions: 'jsonrpc_notification jsonrpc_request' },
  jsonrpcs: { functions: 'jsonrpc_dispatch jsonrpc_exec' },
  jwt: { functions: 'jwt_generate jwt_verify', variables: 'jwt' },
  kafka: { functions: 'kafka_send kafka_send_key' },
  kazoo: { functions: 'kazoo_json kazoo_publish kazoo_query kazoo_subscribe', variables: 'kzE kzR kzRR' },
  keepalive: { functions: 'ka_add_destination ka_del_destination ka_is_alive' },
  kemix: { functions: '' },
  kex: {
    functions:
      'avp_printf is_myself isbflagset isdsturiset issflagset pv_printf resetbflag resetdebug resetdsturi resetsflag ' +
      'setbflag setdebug setdsturi setsflag',
  },
  lcr: { functions: 'defunct_gw from_any_gw from_gw inactivate_gw next_gw to_any_gw to_gw' },
  ldap: { functions: 'ldap_filter_url_encode ldap_result ldap_result_check ldap_result_next ldap_search' },
  log_custom: { functions: 'log_udp' },
  lost: { functions: 'lost_held_query lost_query' },
  lrkproxy: { functions: 'lrkproxy_manage set_lrkproxy_set' },
  lwsc: { functions: 'lwsc_notify lwsc_request', variables: 'lwsc' },
  malloc_test: { functions: 'mt_mem_alloc mt_mem_free' },
  mangler: { functions: 'decode_contact decode_contact_header encode_contact sdp_mangle_ip sdp_mangle_port' },
  math: { functions: 'math_cos math_logN math_sin' },
  matrix: { functions: 'matrix' },
  maxfwd: {
    functions:
      'is_maxfwd_lt maxfwd_at_least maxfwd_process mf_lowlimit mf_process_maxfwd_header process_maxfwd',
  },
  mediaproxy: { functions: 'end_media_session engage_media_proxy use_media_proxy' },
  memcached: { functions: 'mcache_get', variables: 'mcdec mcinc mct mcttl' },
  microhttpd: { functions: 'mhttpd_send_reply', variables: 'mhttpd' },
  misc_radius: {
    functions: 'radius_does_uri_exist radius_is_user_in radius_load_callee_avps radius_load_caller_avps',
  },
  mohqueue: { functions: 'mohq_count mohq_process mohq_retrieve mohq_send' },
  mqtt: { functions: 'mqtt_publish mqtt_subscribe mqtt_unsubscribe', variables: 'mqtt' },
  mqueue: { functions: 'mq_add mq_fetch mq_pv_free mq_size' },
  msilo: { functions: 'm_dump m_store' },
  msrp: {
    functions:
      'msrp_cmap_lookup msrp_cmap_save msrp_is_reply msrp_is_request msrp_relay msrp_relay_flags msrp_reply ' +
      'msrp_reply_flags msrp_set_dst',
    variables: 'msrp',
  },
  mtree: { functions: 'mt_match' },
  nat_traversal: { functions: 'client_nat_test fix_contact nat_keepalive', variables: 'source_uri' },
  nathelper: {
    functions:
      'add_contact_alias add_rcv_param fix_nated_contact fix_nated_register fix_nated_sdp handle_ruri_alias is_rfc1918 ' +
      'nat_uac_test set_alias_to_pv set_contact_alias',
    variables: 'rr_count rr_top_count',
  },
  nats: { functions: 'nats_publish' },
  ndb_cassandra: { functions: 'cass_insert cass_retrieve' },
  ndb_mongodb: {
    functions: 'mongodb_cmd mongodb_find mongodb_find_one mongodb_free mongodb_next_reply',
    variables: 'mongodb',
  },
  ndb_redis: { functions: 'redis_cmd redis_execute redis_free redis_pipe_cmd', variables: 'redis' },
  nghttp2: { functions: 'nghttp2_reply', variables: 'nghttp2' },
  nosip: { functions: '', variables: 'nosip' },
  nsq: { functions: 'nsq_query', variables: 'nsqE nsqR' },
  osp: { functions: 'checkospheader requestosprouting validateospheader' },
  outbound: { functions: 'use_outbound' },
  p_usrloc: { functions: '' },
  path: { functions: 'add_path add_path_received' },
  pdb: { functions: 'pdb_query' },
  pdt: { functions: 'pd_translate prefix2domain' },
  peering: { functions: 'verify_destination verify_source' },
  permissions: {
    functions:
      'allow_address allow_address_group allow_register allow_routing allow_source_address allow_source_address_group ' +
      'allow_trusted allow_uri',
  },
  phonenum: { functions: 'phonenum_match', variables: 'phn' },
  pike: { functions: 'pike_check_ip pike_check_req' },
  pipelimit: { functions: 'pl_active pl_check pl_drop' },
  posops: {
    functions:
      'pos_append pos_body_end pos_body_start pos_find pos_headers_end pos_headers_start pos_insert pos_rm pos_search ' +
      'pos_set_char',
  },
  prefix_route: { functions: 'prefix_route' },
  presence: {
    functions: 'handle_publish handle_subscribe pres_auth_status pres_refresh_watchers pres_update_watchers',
    variables: 'subs',
  },
  presence_dialoginfo: { functions: '' },
  presence_mwi: { functions: '' },
  presence_reginfo: { functions: '' },
  presence_xml: { functions: '' },
  print: { functions: 'print' },
  print_lib: { functions: '' },
  pua: { functions: 'pua_set_publish pua_update_contact send_publish send_subscribe' },
  pua_dialoginfo: { functions: '' },
  pua_json: { functions: 'pua_json_publish' },
  pua_reginfo: { functions: 'reginfo_handle_notify reginfo_subscribe' },
  pua_usrloc: { functions: 'pua_set_publish' },
  pv: {
    functions:
      'is_int not_empty pv_evalx pv_isset pv_unset pv_var_to_xavp pv_xavi_print pv_xavp_print pv_xavp_to_var ' +
      'pv_xavu_print sbranch_append sbranch_reset sbranch_set_ruri typeof xavi_child_rm xavi_child_seti xavi_child_sets ' +
      'xavi_rm xavp_child_rm xavp_child_seti xavp_child_sets xavp_copy xavp_params_explode xavp_params_implode xavp_rm ' +
      'xavp_slist_explode xavu_params_explode xavu_params_implode',
  },
  pv_headers: {
    functions:
      'pvh_append_header pvh_apply_headers pvh_check_header pvh_collect_headers pvh_header_param_exists ' +
      'pvh_modify_header pvh_remove_header pvh_remove_header_param pvh_reset_headers',
    variables: 'x_fU x_fd x_fn x_ft x_fu x_hdr x_rr x_rs x_tU x_td x_tn x_tt x_tu',
  },
  qos: { functions: '' },
  rabbitmq: { functions: 'rabbitmq_publish rabbitmq_publish_consume' },
  ratelimit: { functions: 'rl_check rl_check_pipe' },
  regex: { functions: 'pcre_match pcre_match_group' },
  registrar: {
    functions:
      'add_sock_hdr lookup lookup_branches lookup_to_dset reg_fetch_contacts reg_free_contacts reg_send_reply ' +
      'registered save unregister',
    variables: 'ulc',
  },
  rls: { functions: 'rls_handle_notify rls_handle_subscribe rls_update_subs' },
  rr: {
    functions:
      'add_rr_param check_route_param is_direction loose_route loose_route_mode loose_route_preloaded record_route ' +
      'record_route_advertised_address record_route_preset remove_record_route rr_next_hop_route',
    variables: 'fti rdir route_uri tti',
  },
  rtjson: { functions: 'rtjson_init_routes rtjson_next_route rtjson_push_routes rtjson_update_branch' },
  rtp_media_server: { functions: 'rms_answer rms_media_stop rms_play' },
  rtpengine: {
    functions:
      'block_dtmf block_media play_dtmf play_media rtpengine_answer rtpengine_delete rtpengine_info rtpengine_manage ' +
      'rtpengine_offer rtpengine_query rtpengine_query_v set_rtpengine_set silence_media start_forwarding ' +
      'start_recording stop_forwarding stop_media stop_recording unblock_dtmf unblock_media unsilence_media',
    variables: 'rtpestat rtpstat',
  },
  rtpproxy: {
    functions:
      'rtpproxy_answer rtpproxy_destroy rtpproxy_manage rtpproxy_offer rtpproxy_stop_stream2uac ' +
      'rtpproxy_stop_stream2uas rtpproxy_stream2uac rtpproxy_stream2uas set_rtp_proxy_set start_recording ' +
      'unforce_rtp_proxy',
    variables: 'rtppstat rtpstat',
  },
  sanity: { functions: 'sanity_check sanity_reply' },
  sca: { functions: 'sca_call_info_update sca_handle_subscribe' },
  sctp: { functions: '' },
  sdpops: {
    functions:
      'sdp_content sdp_get sdp_get_address_family sdp_get_line_startswith sdp_keep_codecs_by_id sdp_keep_codecs_by_name ' +
      'sdp_print sdp_remove_codecs_by_id sdp_remove_codecs_by_name sdp_remove_line_by_prefix sdp_remove_media ' +
      'sdp_remove_transport sdp_transport sdp_with_active_media sdp_with_codecs_by_id sdp_with_codecs_by_name ' +
      'sdp_with_ice sdp_with_media sdp_with_transport sdp_with_transport_like',
    variables: 'sdp',
  },
  seas: { functions: 'as_relay_sl as_relay_t' },
  secfilter: {
    functions:
      'secf_check_contact_hdr secf_check_country secf_check_dst secf_check_from_hdr secf_check_ip secf_check_sqli_all ' +
      'secf_check_sqli_hdr secf_check_to_hdr secf_check_ua',
  },
  secsipid: {
    functions:
      'secsipid_add_identity secsipid_build_identity secsipid_check_identity secsipid_check_identity_pubkey',
    variables: 'secsipid',
  },
  sipcapture: { functions: 'float2int report_capture sip_capture sip_capture_forward', variables: 'hep' },
  sipdump: { functions: 'sipdump_send', variables: 'sipdump' },
  sipjson: { functions: 'sj_serialize' },
  sipt: {
    functions: 'sipt_destination sipt_forwarding sipt_has_isup_body sipt_set_bci_1 sipt_set_calling',
    variables:
      'sipt sipt_called_party_nai sipt_calling_party_nai sipt_cpc sipt_hop_counter sipt_presentation sipt_screening',
  },
  siptrace: { functions: 'hlog sip_trace sip_trace_mode', variables: 'siptrace' },
  siputils: {
    functions:
      'add_uri_param append_rpid_hf cmp_aor cmp_hdr_name cmp_uri contact_param_decode contact_param_decode_ruri ' +
      'contact_param_encode contact_param_rm decode_contact decode_contact_header encode_contact get_uri_param ' +
      'has_totag hdr_date_check is_alphanum is_alphanumex is_e164 is_first_hop is_gruu is_numeric is_reply is_request ' +
      'is_rpid_user_e164 is_supported is_tel_number is_uri is_uri_user_e164 is_user options_reply set_uri_host ' +
      'set_uri_user sip_p_charging_vector tel2sip uri_param uri_param_any uri_param_rm',
  },
  sl: { functions: 'send_reply send_reply_mode sl_forward_reply sl_reply sl_reply_error sl_send_reply' },
  slack: { functions: 'slack_send' },
  sms: { functions: 'sms_send_msg sms_send_msg_to_net' },
  smsops: { functions: 'isRPDATA smsdump', variables: 'rpdata smsack smsbody tpdu' },
  snmpstats: { functions: '' },
  speeddial: { functions: 'sd_lookup' },
  sqlops: {
    functions: 'sql_pvquery sql_query sql_query_async sql_result_free sql_xquery',
    variables: 'dbr sqlrows',
  },
  ss7ops: { functions: 'isup_to_json', variables: 'isup' },
  sst: { functions: 'sstCheckMin' },
  statistics: { functions: 'reset_stat update_stat' },
  statsc: { functions: 'statsc_reset' },
  statsd: {
    functions: 'statsd_decr statsd_gauge statsd_histogram statsd_incr statsd_set statsd_start statsd_stop',
  },
  stirshaken: { functions: 'stirshaken_add_identity stirshaken_check_identity' },
  stun: { functions: '' },
  systemdops: { functions: 'sd_journal_print sd_journal_send_xavp' },
  tcpops: {
    functions:
      'tcp_close_connection tcp_conid_alive tcp_conid_state tcp_enable_closed_event tcp_get_conid tcp_keepalive_disable ' +
      'tcp_keepalive_enable tcp_set_connection_lifetime tcp_set_otcpid tcp_set_otcpid_flag',
    variables: 'tcp',
  },
  textops: {
    functions:
      'append_body_part append_body_part_hex append_hf append_time append_time_to_request append_to_reply append_urihf ' +
      'cmp_istr cmp_str ends_with filter_body get_body_part get_body_part_raw has_body in_list in_list_prefix insert_hf ' +
      'is_audio_on_hold is_method is_present_hf is_present_hf_pv is_present_hf_re is_present_hf_re_pv is_privacy ' +
      'regex_substring remove_body_part remove_hf remove_hf_exp remove_hf_exp_pv remove_hf_idx remove_hf_match ' +
      'remove_hf_pv remove_hf_re remove_hf_re_pv replace replace_all replace_body replace_body_all replace_body_atonce ' +
      'replace_body_str replace_hdrs replace_hdrs_str replace_str search search_append search_append_body search_body ' +
      'search_hf search_str set_body set_body_multipart set_reply_body starts_with str_find str_ifind subst subst_body ' +
      'subst_hf subst_uri subst_user',
  },
  textopsx: {
    functions:
      'append_hf_value assign_hf_value assign_hf_value2 bl_iterator_append bl_iterator_end bl_iterator_insert ' +
      'bl_iterator_next bl_iterator_rm bl_iterator_start change_reply_status change_reply_status_code exclude_hf_value ' +
      'fnmatch hf_iterator_append hf_iterator_end hf_iterator_insert hf_iterator_next hf_iterator_prev hf_iterator_rm ' +
      'hf_iterator_start hf_value_exists include_hf_value insert_hf_value keep_hf msg_apply_changes msg_set_buffer ' +
      'remove_body remove_hf_value remove_hf_value2',
  },
  timer: { functions: 'timer_enable' },
  tls: { functions: 'is_peer_verified', variables: 'tls' },
  tlsa: { functions: 'is_peer_verified' },
  tm: {
    functions:
      't_any_replied t_any_timeout t_branch_replied t_branch_timeout t_check_status t_check_trans t_clean ' +
      't_disable_e2e_cancel_reason t_drop_replies t_forward_nonack t_forward_nonack_sctp t_forward_nonack_tcp ' +
      't_forward_nonack_tls t_forward_nonack_to t_forward_nonack_udp t_forward_nonack_uri t_get_status_code ' +
      't_grep_status t_is_canceled t_is_expired t_is_retr_async_reply t_is_set t_load_contacts t_lookup_cancel ' +
      't_lookup_request t_newtran t_next_contact_flow t_next_contacts t_on_branch t_on_branch_failure t_on_failure ' +
      't_on_reply t_relay t_relay_cancel t_relay_to t_relay_to_avp t_relay_to_sctp t_relay_to_tcp t_relay_to_tls ' +
      't_relay_to_udp t_release t_replicate t_replicate_sctp t_replicate_tcp t_replicate_tls t_replicate_to ' +
      't_replicate_udp t_reply t_reset_fr t_reset_max_lifetime t_reset_retr t_retransmit_reply t_save_lumps ' +
      't_send_reply t_set_auto_inv_100 t_set_disable_6xx t_set_disable_failover t_set_disable_internal_reply t_set_fr ' +
      't_set_max_lifetime t_set_no_e2e_cancel_reason t_set_retr t_uac_send t_use_uac_headers t_write_req t_write_unix',
  },
  tmrec: { functions: 'is_leap_year time_period_match tmrec_match' },
  tmx: {
    functions:
      't_cancel_branches t_cancel_callid t_continue t_drop t_flush_flags t_flush_xflags t_is_branch_route ' +
      't_is_failure_route t_is_reply_route t_is_request_route t_precheck_trans t_reply_callid t_reuse_branch t_suspend',
  },
  topoh: { functions: '' },
  topos: { functions: 'tps_set_context' },
  topos_redis: { functions: '' },
  tsilo: { functions: 'ts_append ts_append_by_contact ts_append_to ts_store' },
  uac: {
    functions:
      'uac_auth uac_auth_mode uac_reg_disable uac_reg_enable uac_reg_lookup uac_reg_lookup_uri uac_reg_refresh ' +
      'uac_reg_request_to uac_reg_status uac_replace_from uac_replace_to uac_req_send uac_restore_from uac_restore_to',
    variables: 'uac_req',
  },
  uac_redirect: { functions: 'get_redirects set_accept_filter set_deny_filter' },
  uid_auth_db: { functions: 'proxy_authenticate proxy_authorize www_authenticate www_authorize' },
  uid_avp_db: { functions: 'lock_extra_attrs remove_extra_attrs save_extra_attrs unlock_extra_attrs' },
  uid_domain: { functions: 'is_local lookup_domain' },
  uid_gflags: { functions: 'flush_ugflags is_ugflag reset_ugflag set_ugflag' },
  uid_uri_db: { functions: 'check_uri lookup_user' },
  uri_db: { functions: 'check_from check_to check_uri does_uri_exist' },
  userblocklist: { functions: 'check_allowlist check_blocklist check_user_allowlist check_user_blocklist' },
  usrloc: { functions: '' },
  utils: { functions: 'pres_has_subscribers xcap_auth_status' },
  websocket: { functions: 'ws_close ws_handle_handshake', variables: 'ws_conid' },
  xcap_client: { functions: '' },
  xcap_server: { functions: 'xcaps_del xcaps_get xcaps_put', variables: 'xcapuri' },
  xhttp: { functions: 'xhttp_reply', variables: 'hu' },
  xhttp_prom: {
    functions:
      'prom_check_uri prom_counter_inc prom_counter_reset prom_dispatch prom_gauge_reset prom_gauge_set ' +
      'prom_histogram_observe',
  },
  xhttp_rpc: { functions: 'dispatch_xhttp_rpc' },
  xlog: { functions: 'xalert xbug xcrit xdbg xdbgl xerr xinfo xlog xlogl xlogm xnotice xwarn' },
  xmlops: { functions: '', variables: 'xml' },
  xmlrpc: { functions: 'dispatch_rpc xmlrpc_reply' },
  xmpp: { functions: 'xmpp_send_message' },
  xprint: { functions: 'xpdbg xplog' },
}
