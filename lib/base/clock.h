/* clock.h - what time it is, and how long something took
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/* Wall clock, UTC since 1970. It may step; never measure with it. */
int64_t clock_now_s(void);
int64_t clock_now_us(void);

/* Monotonic clock: only differences mean anything. */
int64_t clock_mono_ms(void);
int64_t clock_mono_us(void);

/* clock_text - "2026-11-20T09:30:00.123Z", CLOCK_TEXT_LEN bytes with NUL. */
#define CLOCK_TEXT_LEN 25
char *clock_text(char to[CLOCK_TEXT_LEN], int64_t wall_us);

#endif
