-- compatible-from: 4

-- Which silos there are. Microsoft.Orleans.Clustering.AdoNet reads and writes it: it looks its statements up in OrleansQuery by key, gives
-- them parameters by name and reads columns by name, and nothing else is its concern. The names of the tables are those that people who
-- know Orleans look for; a deployment is Orleans' cluster id.

-- A deployment's number grows with every change of its members. Whoever changes one says which number it knows, so that changes follow
-- each other and nobody decides on what is out of date.
CREATE TABLE OrleansMembershipVersionTable (
  DeploymentId text COLLATE "C" PRIMARY KEY,
  Version      int NOT NULL DEFAULT 0
) WITH (fillfactor = 20);

CREATE TABLE OrleansMembershipTable (
  DeploymentId text COLLATE "C" NOT NULL REFERENCES OrleansMembershipVersionTable ON DELETE CASCADE,
  Address      text COLLATE "C" NOT NULL,
  Port         int NOT NULL,
  Generation   int NOT NULL,
  SiloName     text NOT NULL,
  HostName     text NOT NULL,
  Status       int NOT NULL,
  ProxyPort    int,
  SuspectTimes text,
  StartTime    timestamptz NOT NULL,
  IAmAliveTime timestamptz NOT NULL,
  PRIMARY KEY (DeploymentId, Address, Port, Generation)
) WITH (fillfactor = 50);

CREATE TABLE OrleansQuery (
  QueryKey  text COLLATE "C" PRIMARY KEY,
  QueryText text NOT NULL
);

-- What answers whether it was done answers one row with one boolean. A change of a member is one statement, which first takes the
-- deployment's next number: if that fails nothing is changed.
INSERT INTO OrleansQuery (QueryKey, QueryText) VALUES
('InsertMembershipVersionKey', $$
  WITH made AS (
    INSERT INTO OrleansMembershipVersionTable (DeploymentId) VALUES (@DeploymentId) ON CONFLICT DO NOTHING RETURNING 1)
  SELECT EXISTS (SELECT FROM made)
$$),
('InsertMembershipKey', $$
  WITH counted AS (
    UPDATE OrleansMembershipVersionTable AS deployment SET Version = Version + 1
    WHERE DeploymentId = @DeploymentId AND Version = @Version AND NOT EXISTS (
      SELECT FROM OrleansMembershipTable AS member
      WHERE member.DeploymentId = @DeploymentId AND Address = @Address AND Port = @Port AND Generation = @Generation)
    RETURNING DeploymentId),
  made AS (
    INSERT INTO OrleansMembershipTable
      (DeploymentId, Address, Port, Generation, SiloName, HostName, Status, ProxyPort, StartTime, IAmAliveTime)
    SELECT DeploymentId, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime, @IAmAliveTime
    FROM counted
    RETURNING 1)
  SELECT EXISTS (SELECT FROM made)
$$),
('UpdateMembershipKey', $$
  WITH counted AS (
    UPDATE OrleansMembershipVersionTable AS deployment SET Version = Version + 1
    WHERE DeploymentId = @DeploymentId AND Version = @Version AND EXISTS (
      SELECT FROM OrleansMembershipTable AS member
      WHERE member.DeploymentId = @DeploymentId AND Address = @Address AND Port = @Port AND Generation = @Generation)
    RETURNING DeploymentId),
  changed AS (
    UPDATE OrleansMembershipTable AS member SET Status = @Status, SuspectTimes = @SuspectTimes, IAmAliveTime = @IAmAliveTime
    FROM counted
    WHERE member.DeploymentId = counted.DeploymentId AND Address = @Address AND Port = @Port AND Generation = @Generation
    RETURNING 1)
  SELECT EXISTS (SELECT FROM changed)
$$),
('UpdateIAmAlivetimeKey', $$
  UPDATE OrleansMembershipTable SET IAmAliveTime = @IAmAliveTime
  WHERE DeploymentId = @DeploymentId AND Address = @Address AND Port = @Port AND Generation = @Generation
$$),
-- The number is also answered if there is no such member, with nothing beside it.
('MembershipReadRowKey', $$
  SELECT Address, Port, Generation, SiloName, HostName, Status, ProxyPort, SuspectTimes, StartTime, IAmAliveTime, Version
  FROM OrleansMembershipVersionTable AS deployment LEFT JOIN OrleansMembershipTable AS member
    ON member.DeploymentId = deployment.DeploymentId AND Address = @Address AND Port = @Port AND Generation = @Generation
  WHERE deployment.DeploymentId = @DeploymentId
$$),
('MembershipReadAllKey', $$
  SELECT Address, Port, Generation, SiloName, HostName, Status, ProxyPort, SuspectTimes, StartTime, IAmAliveTime, Version
  FROM OrleansMembershipVersionTable AS deployment LEFT JOIN OrleansMembershipTable AS member
    ON member.DeploymentId = deployment.DeploymentId
  WHERE deployment.DeploymentId = @DeploymentId
$$),
('GatewaysQueryKey', $$
  SELECT Address, ProxyPort, Generation FROM OrleansMembershipTable
  WHERE DeploymentId = @DeploymentId AND Status = @Status AND ProxyPort > 0
$$),
-- A silo that is dead (6). The provider looks for those that are so for long, and deletes one if it is still as it was read; what deletes
-- all that have not said for long that they live is for versions of it that do not.
('CleanupDefunctSiloEntryKey', $$
  DELETE FROM OrleansMembershipTable
  WHERE DeploymentId = @DeploymentId AND Address = @Address AND Port = @Port AND Generation = @Generation AND Status = 6
    AND StartTime = @StartTime AND IAmAliveTime = @IAmAliveTime AND coalesce(SuspectTimes, '') = coalesce(@SuspectTimes, '')
$$),
('CleanupDefunctSiloEntriesKey', $$
  DELETE FROM OrleansMembershipTable
  WHERE DeploymentId = @DeploymentId AND Status = 6 AND greatest(StartTime, IAmAliveTime) < @IAmAliveTime
$$),
('DeleteMembershipTableEntriesKey', $$
  DELETE FROM OrleansMembershipVersionTable WHERE DeploymentId = @DeploymentId
$$);
