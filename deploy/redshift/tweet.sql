-- Posts with their scores, as `heartbeat backfill --results` writes them. Lists are texts parted by commas.
CREATE TABLE IF NOT EXISTS tweet (
  time         TIMESTAMP      NOT NULL,
  id           VARCHAR(256)   NOT NULL,
  source       VARCHAR(32)    NOT NULL,
  task         VARCHAR(64),
  tasks        VARCHAR(4096),
  lang         VARCHAR(16),
  country      VARCHAR(2),
  kind         VARCHAR(16),
  content      VARCHAR(65535),
  hashtags     VARCHAR(16384),
  sentiment    VARCHAR(16),
  positive     DOUBLE PRECISION,
  negative     DOUBLE PRECISION,
  neutral      DOUBLE PRECISION,
  mixed        DOUBLE PRECISION,
  polarity     DOUBLE PRECISION,
  subjectivity DOUBLE PRECISION,
  models       VARCHAR(1024)
)
DISTSTYLE EVEN
SORTKEY (time);

-- Put the bucket and the role of your cluster here.
COPY tweet FROM 's3://BUCKET/heartbeat/tweet.csv'
IAM_ROLE 'arn:aws:iam::ACCOUNT:role/ROLE'
FORMAT AS CSV IGNOREHEADER 1 TIMEFORMAT 'auto' EMPTYASNULL TRUNCATECOLUMNS;
