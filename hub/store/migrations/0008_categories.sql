-- A release may name the kinds of phrases whose hits may leave a device.

-- NULL: all of them, as before.
ALTER TABLE hailong.releases ADD COLUMN categories text[]
    CHECK (array_to_string(categories, ',', '?') ~ '^([a-z_]{1,40}(,[a-z_]{1,40})*)?$');
