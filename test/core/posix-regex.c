/* The regular expressions of the C library, for tests to compare with. Reads lines of flags (1: REG_ICASE, 2: REG_NEWLINE), expression and
 * text, both in hexadecimal, `-` for none; answers each with `error`, `none`, or start and end of the match and of each group. */
#include <regex.h>
#include <stdio.h>

enum { MAX_TEXT = 1 << 16, MAX_GROUPS = 10 };

static void decode(char *to, const char *hex) {
  unsigned byte;
  for (; sscanf(hex, "%2x", &byte) == 1; hex += 2) *to++ = (char)byte;
  *to = '\0';
}

int main(void) {
  static char pattern_hex[2 * MAX_TEXT], text_hex[2 * MAX_TEXT], pattern[MAX_TEXT], text[MAX_TEXT];
  int flags;
  while (scanf("%d %131000s %131000s", &flags, pattern_hex, text_hex) == 3) {
    decode(pattern, pattern_hex);
    decode(text, text_hex);
    regex_t regex;
    regmatch_t groups[MAX_GROUPS];
    int how = REG_EXTENDED | (flags & 1 ? REG_ICASE : 0) | (flags & 2 ? REG_NEWLINE : 0);
    if (regcomp(&regex, pattern, how) != 0) {
      puts("error");
      continue;
    }
    if (regexec(&regex, text, MAX_GROUPS, groups, 0) != 0) puts("none");
    else {
      for (size_t i = 0; i <= regex.re_nsub && i < MAX_GROUPS; i++)
        printf("%s%d,%d", i ? " " : "", (int)groups[i].rm_so, (int)groups[i].rm_eo);
      puts("");
    }
    regfree(&regex);
  }
  return 0;
}
