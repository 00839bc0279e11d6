/* target.h - a tenant's provider, as the directory has it and relay/ asks it
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef APP_TARGET_H
#define APP_TARGET_H

#include "base/conf.h"
#include "gate/directory_entry.h"
#include "relay/upstream.h"

/* target_of - borrowed from r, whose credential is not `shut`. What a process
 * has of its own is left to it: tokens, and the tenant's cell in gate/meter. */
struct upstream_target target_of(const struct conf *conf,
    const struct guid *tenant, const struct directory_route *r);

#endif
