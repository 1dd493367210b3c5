"""Rows of persons by organisation, names only masked or by a ticket (docs/decisions/0011)."""

from django.db import migrations

# A tenure repeats its post's organisation, held equal by a foreign key over both columns, so that the
# policy compares a column of the row itself.
ORGANISATION = """
ALTER TABLE roster_post ADD CONSTRAINT post_with_its_organisation UNIQUE (id, organisation_id);
ALTER TABLE roster_tenure ADD COLUMN organisation_id bigint;
UPDATE roster_tenure t SET organisation_id = p.organisation_id FROM roster_post p WHERE p.id = t.post_id;
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE roster_tenure ALTER COLUMN organisation_id SET NOT NULL;
ALTER TABLE roster_tenure ADD CONSTRAINT tenure_organisation_as_its_post
    FOREIGN KEY (post_id, organisation_id) REFERENCES roster_post (id, organisation_id)
    ON UPDATE CASCADE DEFERRABLE INITIALLY IMMEDIATE;
CREATE INDEX tenure_organisation ON roster_tenure (organisation_id);
CREATE FUNCTION roster_tenure_in_its_organisation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT organisation_id INTO NEW.organisation_id FROM roster_post WHERE id = NEW.post_id;
    RETURN NEW;
END $$;
CREATE TRIGGER tenure_in_its_organisation BEFORE INSERT OR UPDATE OF post_id ON roster_tenure
    FOR EACH ROW EXECUTE FUNCTION roster_tenure_in_its_organisation();
"""
NO_ORGANISATION = """
DROP TRIGGER tenure_in_its_organisation ON roster_tenure;
DROP FUNCTION roster_tenure_in_its_organisation();
ALTER TABLE roster_tenure DROP COLUMN organisation_id;
ALTER TABLE roster_post DROP CONSTRAINT post_with_its_organisation;
"""

FUNCTIONS = """
CREATE FUNCTION hengjian_scope() RETURNS bigint[] LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(array_agg(o.id), '{}') FROM public.roster_organisation o
    WHERE EXISTS (SELECT FROM unnest(public.hengjian_reach()) r WHERE o.path ^@ r)
$$;

CREATE FUNCTION hengjian_reaches(codes text[]) RETURNS SETOF public.roster_official LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT f.* FROM public.roster_official f
    WHERE f.code = ANY (codes) AND (
        (SELECT public.hengjian_city_wide())
        OR f.code = ANY ((SELECT public.hengjian_own())::text[])
        OR EXISTS (SELECT FROM public.roster_tenure t WHERE t.official_id = f.id
                   AND t.organisation_id = ANY ((SELECT public.hengjian_scope())::bigint[])))
$$;

CREATE FUNCTION hengjian_masked_names(codes text[]) RETURNS TABLE (code text, name text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$ SELECT f.code::text, left(f.name, 1) || '＊＊' FROM public.hengjian_reaches(codes) f $$;

CREATE FUNCTION hengjian_clear_names(ticket text) RETURNS TABLE (code text, name text)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT f.code::text, f.name::text
    FROM public.hengjian_reaches(ARRAY(SELECT public.hengjian_ticket(ticket))) f
$$;
REVOKE ALL ON FUNCTION hengjian_scope(), hengjian_reaches(text[]), hengjian_masked_names(text[]),
    hengjian_clear_names(text) FROM PUBLIC;
"""
NO_FUNCTIONS = """
DROP FUNCTION hengjian_clear_names(text);
DROP FUNCTION hengjian_masked_names(text[]);
DROP FUNCTION hengjian_reaches(text[]);
DROP FUNCTION hengjian_scope();
"""

ROLES = "hengjian_reader, hengjian_reader_city"
POLICIES = {
    "roster_tenure": "organisation_id = ANY ((SELECT hengjian_scope())::bigint[])",
    "roster_post": "organisation_id = ANY ((SELECT hengjian_scope())::bigint[])",
    # the tenures of the inner query are themselves only those within reach
    "roster_official": "id IN (SELECT official_id FROM roster_tenure)"
    " OR code = ANY ((SELECT hengjian_own())::text[])",
}
RIGHTS = f"""
GRANT EXECUTE ON FUNCTION hengjian_scope(), hengjian_masked_names(text[]), hengjian_clear_names(text)
    TO {ROLES};
GRANT SELECT (id, official_id, post_id, organisation_id, since, until, opening_debt_ratio)
    ON roster_tenure TO {ROLES};
GRANT SELECT (id, code, organisation_id, level, category, rank, public_facing, since, until)
    ON roster_post TO {ROLES};
GRANT SELECT (id, code) ON roster_official TO {ROLES};
"""
NO_RIGHTS = f"REVOKE ALL ON roster_tenure, roster_post, roster_official FROM {ROLES}"


def policy(table: str, condition: str) -> migrations.RunSQL:
    """Whoever reaches the whole city pays nothing: the database chose that role by the grants."""
    return migrations.RunSQL(
        f"""CREATE POLICY {table}_of_scope ON {table} FOR SELECT TO hengjian_reader USING ({condition});
            CREATE POLICY {table}_of_city ON {table} FOR SELECT TO hengjian_reader_city
                USING (true);
            ALTER TABLE {table} ENABLE ROW LEVEL SECURITY""",
        f"""ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;
            DROP POLICY {table}_of_city ON {table};
            DROP POLICY {table}_of_scope ON {table}""",
    )


class Migration(migrations.Migration):
    dependencies = [("roster", "0002_no_overlaps"), ("access", "0004_readers")]
    operations = [
        migrations.RunSQL(ORGANISATION, NO_ORGANISATION),
        migrations.RunSQL(FUNCTIONS, NO_FUNCTIONS),
        migrations.RunSQL(RIGHTS, NO_RIGHTS),
        *(policy(table, condition) for table, condition in POLICIES.items()),
    ]
