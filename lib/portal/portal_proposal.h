/* portal_proposal.h - changes that wait until a second operator agrees
 * SPDX-License-Identifier: Apache-2.0
 *
 * They are made by whatever page was refused a change for want of a second
 * operator (sql/functions/50_portal_proposals.sql). */
#ifndef PORTAL_PORTAL_PROPOSAL_H
#define PORTAL_PORTAL_PROPOSAL_H

#include "portal/portal.h"

bool proposal_all(struct page *p);
bool proposal_one(struct page *p);
bool proposal_approve(struct page *p);
bool proposal_decline(struct page *p);

#endif
