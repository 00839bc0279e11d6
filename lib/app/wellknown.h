/* wellknown.h - what OAuth clients may find out by themselves
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef APP_WELLKNOWN_H
#define APP_WELLKNOWN_H

#include "web/serve.h"

/* wellknown_start - makes both documents, in a, from the same members. */
bool wellknown_start(struct arena *a, const struct conf *conf, struct err *e);

/* wellknown_server - authorization server metadata (RFC 8414). */
bool wellknown_server(struct work *w);

/* wellknown_smart - SMART configuration: the same, and the capabilities
 * (SMART App Launch 2.2, conformance). Answers whatever Accept says. */
bool wellknown_smart(struct work *w);

#endif
