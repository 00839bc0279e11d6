/* log.c - one JSON line per event on standard error, from an allow-list
 * SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"

#define VALUE_MAX 320u  /* bytes of one text value as it is written */
#define LINE_MAX_ 4096u /* bytes of one line: every field once fits */

static const char *const levels[] = { "error", "warn", "info", "debug" };
static const char *const fields[] = {
	[LOG_WHY] = "why",
	[LOG_TRACE] = "trace",
	[LOG_PARENT] = "parent",
	[LOG_ROUTE] = "route",
	[LOG_METHOD] = "method",
	[LOG_REASON] = "reason",
	[LOG_CLIENT] = "client",
	[LOG_TENANT] = "tenant",
	[LOG_FILE] = "file",
	[LOG_SIGNAL] = "signal",
	[LOG_KEY_ID] = "key_id",
	[LOG_STATUS] = "status",
	[LOG_MS] = "ms",
	[LOG_COUNT] = "count",
	[LOG_BYTES] = "bytes",
	[LOG_LINE] = "line",
	[LOG_BARE] = "bare",
	[LOG_DAYS] = "days",
};

static const char *program = "wardgate";
static enum log_level least = LOG_INFO;

void
log_open(const char *name, enum log_level level)
{
	program = name;
	least = level;
}

/* Control characters become six bytes each: a text full of them is cut the
 * shorter, so that nobody can make a line too long to be written. */
static void
put_text(struct buf *b, enum log_field field, const char *text)
{
	size_t n = strnlen(text, VALUE_MAX);
	struct buf value;

	do {
		value = buf_new(b->a, VALUE_MAX + 2);
		buf_json(&value, text, n);
		n /= 2;
	} while (value.failed);
	buf_fmt(b, ",\"%s\":", fields[field]);
	buf_put(b, value.at, value.len);
}

void
log_event(enum log_level level, const char *event, ...)
{
	struct arena *a;
	struct buf b;
	char when[CLOCK_TEXT_LEN];
	va_list ap;
	int field;

	if (level > least)
		return;
	a = arena_new();
	b = buf_new(a, LINE_MAX_);
	buf_fmt(&b, "{\"time\":\"%s\",\"level\":\"%s\",\"program\":\"%s\"",
	    clock_text(when, clock_now_us()), levels[level], program);
	buf_fmt(&b, ",\"pid\":%ld,\"event\":\"%s\"", (long)getpid(), event);
	va_start(ap, event);
	while ((field = va_arg(ap, int)) != LOG_END) {
		if (field < LOG_STATUS) {
			const char *text = va_arg(ap, const char *);

			if (text)
				put_text(&b, (enum log_field)field, text);
		} else {
			buf_fmt(
			    &b, ",\"%s\":%ld", fields[field], va_arg(ap, long));
		}
	}
	va_end(ap);
	buf_put(&b, "}\n", 2);
	if (!b.failed && write(STDERR_FILENO, b.at, b.len) < 0) {
		/* nowhere left to say it */
	}
	arena_free(a);
}
