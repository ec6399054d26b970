-- Aggregates of each window and task, as `heartbeat backfill --results` writes them; task '*' is all posts.
CREATE TABLE IF NOT EXISTS sentiment (
  window_start     TIMESTAMP        NOT NULL,
  task             VARCHAR(64)      NOT NULL,
  positive         DOUBLE PRECISION NOT NULL,
  negative         DOUBLE PRECISION NOT NULL,
  neutral          DOUBLE PRECISION NOT NULL,
  mixed            DOUBLE PRECISION NOT NULL,
  positive_percent DOUBLE PRECISION NOT NULL,
  negative_percent DOUBLE PRECISION NOT NULL,
  neutral_percent  DOUBLE PRECISION NOT NULL,
  mixed_percent    DOUBLE PRECISION NOT NULL,
  total            BIGINT           NOT NULL
)
DISTSTYLE ALL
SORTKEY (window_start, task);

-- Put the bucket and the role of your cluster here.
COPY sentiment FROM 's3://BUCKET/heartbeat/sentiment.csv'
IAM_ROLE 'arn:aws:iam::ACCOUNT:role/ROLE'
FORMAT AS CSV IGNOREHEADER 1 TIMEFORMAT 'auto';
