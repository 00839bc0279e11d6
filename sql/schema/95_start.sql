-- 95_start.sql - room for the first audit rows
-- SPDX-License-Identifier: Apache-2.0

select wardgate.audit_partitions_ahead(3);
