/* portal_keys.h - which keys there are and what comes next, for operators
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef PORTAL_PORTAL_KEYS_H
#define PORTAL_PORTAL_KEYS_H

#include "portal/portal.h"

/* Shows, and moves nothing: this program holds no signing and no sealing key.
 * Each next step is the command that does it. */
bool keys_page(struct page *p);

#endif
