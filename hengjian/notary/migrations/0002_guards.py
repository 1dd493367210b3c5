from django.db import migrations

from hengjian.database.append_only import append_only

FOR_EVER = (
    "notary_commitment",
    "notary_receipt",
    "notary_head",
    "notary_signature",
    "notary_publication",
    "notary_erasure",
)

# Salts go only after their erasure is recorded; waiting deliveries only after their receipt; tiles and
# bundles grow to the right until they are full.
GUARDS = """
CREATE SEQUENCE notary_delivery MAXVALUE 4398046511103;

CREATE FUNCTION notary_salt_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND EXISTS (
        SELECT 1 FROM notary_erasure WHERE commitment_id = OLD.commitment_id
    ) THEN RETURN OLD; END IF;
    RAISE EXCEPTION '% on notary_salt is refused: a salt goes only after its erasure is recorded', TG_OP
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER notary_salt_rows_stay BEFORE UPDATE OR DELETE ON notary_salt
    FOR EACH ROW EXECUTE FUNCTION notary_salt_stays();
CREATE TRIGGER notary_salt_table_stays BEFORE TRUNCATE ON notary_salt
    FOR EACH STATEMENT EXECUTE FUNCTION notary_commitment_append_only();

CREATE FUNCTION notary_pending_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND EXISTS (
        SELECT 1 FROM notary_receipt WHERE delivery = OLD.delivery AND count = OLD.count
    ) THEN RETURN OLD; END IF;
    RAISE EXCEPTION '% on notary_pending is refused: a delivery waits until it has its receipt', TG_OP
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER notary_pending_rows_stay BEFORE UPDATE OR DELETE ON notary_pending
    FOR EACH ROW EXECUTE FUNCTION notary_pending_stays();
CREATE TRIGGER notary_pending_table_stays BEFORE TRUNCATE ON notary_pending
    FOR EACH STATEMENT EXECUTE FUNCTION notary_commitment_append_only();

CREATE FUNCTION notary_tile_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.level = OLD.level AND NEW.index = OLD.index
       AND length(NEW.hashes) > length(OLD.hashes)
       AND substring(NEW.hashes FOR length(OLD.hashes)) = OLD.hashes
    THEN RETURN NEW; END IF;
    RAISE EXCEPTION '% on notary_tile is refused: a tile only grows to the right', TG_OP
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER notary_tile_rows_stay BEFORE UPDATE OR DELETE ON notary_tile
    FOR EACH ROW EXECUTE FUNCTION notary_tile_grows();
CREATE TRIGGER notary_tile_table_stays BEFORE TRUNCATE ON notary_tile
    FOR EACH STATEMENT EXECUTE FUNCTION notary_commitment_append_only();

CREATE FUNCTION notary_bundle_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.index = OLD.index AND NEW.width > OLD.width
       AND substring(NEW.entries FOR length(OLD.entries)) = OLD.entries
    THEN RETURN NEW; END IF;
    RAISE EXCEPTION '% on notary_bundle is refused: a bundle only grows to the right', TG_OP
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER notary_bundle_rows_stay BEFORE UPDATE OR DELETE ON notary_bundle
    FOR EACH ROW EXECUTE FUNCTION notary_bundle_grows();
CREATE TRIGGER notary_bundle_table_stays BEFORE TRUNCATE ON notary_bundle
    FOR EACH STATEMENT EXECUTE FUNCTION notary_commitment_append_only();

ALTER TABLE notary_tile ADD CONSTRAINT tile_holds_hashes
    CHECK (length(hashes) BETWEEN 32 AND 8192 AND length(hashes) % 32 = 0);
ALTER TABLE notary_head ADD CONSTRAINT head_root_is_a_hash CHECK (length(root) = 32);
ALTER TABLE notary_salt ADD CONSTRAINT salt_long_enough CHECK (length(salt) >= 16);
ALTER TABLE notary_commitment ADD CONSTRAINT commitment_entry_fits CHECK (length(entry) BETWEEN 1 AND 65535);

-- Hashes and salted commitments do not compress: trying costs more than everything else.
ALTER TABLE notary_tile ALTER COLUMN hashes SET STORAGE EXTERNAL;
ALTER TABLE notary_bundle ALTER COLUMN entries SET STORAGE EXTERNAL;
"""
UNDO = """
ALTER TABLE notary_commitment DROP CONSTRAINT IF EXISTS commitment_entry_fits;
ALTER TABLE notary_salt DROP CONSTRAINT IF EXISTS salt_long_enough;
ALTER TABLE notary_head DROP CONSTRAINT IF EXISTS head_root_is_a_hash;
ALTER TABLE notary_tile DROP CONSTRAINT IF EXISTS tile_holds_hashes;
DROP FUNCTION IF EXISTS notary_bundle_grows CASCADE;
DROP FUNCTION IF EXISTS notary_tile_grows CASCADE;
DROP FUNCTION IF EXISTS notary_pending_stays CASCADE;
DROP FUNCTION IF EXISTS notary_salt_stays CASCADE;
DROP TRIGGER IF EXISTS notary_bundle_table_stays ON notary_bundle;
DROP TRIGGER IF EXISTS notary_tile_table_stays ON notary_tile;
DROP TRIGGER IF EXISTS notary_pending_table_stays ON notary_pending;
DROP TRIGGER IF EXISTS notary_salt_table_stays ON notary_salt;
DROP SEQUENCE IF EXISTS notary_delivery;
"""


class Migration(migrations.Migration):
    dependencies = [("notary", "0001_initial")]
    operations = [
        *(migrations.RunSQL(*append_only(table)) for table in FOR_EVER),
        migrations.RunSQL(GUARDS, UNDO),
    ]
