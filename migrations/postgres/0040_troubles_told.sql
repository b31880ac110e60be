-- Of which troubles people were told aloud once they had opened often enough: each is told once, by the first opening that no
-- silence covers.
CREATE TABLE troubles_told (
    org_id     UUID   NOT NULL REFERENCES organisations (id),
    trouble_id UUID   NOT NULL,                 -- the alert that it began with
    told_at    BIGINT  NOT NULL,
    PRIMARY KEY (org_id, trouble_id)
);

CREATE INDEX troubles_told_by_time ON troubles_told (told_at);

INSERT INTO troubles_told (org_id, trouble_id, told_at)
SELECT org_id, trouble_id, MAX(opened_at) FROM alerts WHERE trouble_id IS NOT NULL AND trouble_openings >= 3
GROUP BY org_id, trouble_id;
