// The routes for unicasts among many clients (bench/native/unicast.h): "t<tag>" gives its sender a tag, and
// "u<stamp><tag>..." goes to the client that has it.

import { defineConfig } from 'evapid'

const STAMP_SIZE = 16
const TAG_SIZE = 8
const TAG_BEGIN = 1 + STAMP_SIZE

export default defineConfig({
  routes: {
    'evapi:message-received': (ctx) => {
      const text = ctx.msg.text
      if (text[0] === 't') ctx.setTag(text.slice(1))
      else ctx.unicast(ctx.msg, text.slice(TAG_BEGIN, TAG_BEGIN + TAG_SIZE))
    },
  },
})
