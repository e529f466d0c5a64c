using Osmo.Access.Profiles;

namespace Osmo.Storage.Sqlite;

/// <summary>Profiles in a SQLite file.</summary>
internal sealed class SqliteProfileStore(SqliteDatabase database) : IProfileStore
{
    public Task<UserProfile> ReadAsync(string user, CancellationToken cancellationToken) => database.UseAsync(
        connection => SqliteBackendStore.Query(
            connection,
            "SELECT pool, bucket, email_notification, slack_notification FROM user_profile WHERE username = $1",
            row => new UserProfile(
                row.IsDBNull(0) ? null : row.GetString(0), row.IsDBNull(1) ? null : row.GetString(1), row.GetBoolean(2), row.GetBoolean(3)),
            user) is [var profile]
            ? profile
            : UserProfile.Empty,
        cancellationToken);

    public Task ChangeAsync(string user, ProfileChange change, CancellationToken cancellationToken) => database.UseAsync(
        connection => SqliteAccessStore.Run(
            connection,
            """
            INSERT INTO user_profile (username, pool, bucket, email_notification, slack_notification)
            VALUES ($1, $2, $3, coalesce($4, 0), coalesce($5, 0))
            ON CONFLICT (username) DO UPDATE SET
              pool = coalesce($2, pool), bucket = coalesce($3, bucket),
              email_notification = coalesce($4, email_notification), slack_notification = coalesce($5, slack_notification)
            """,
            user,
            change.Pool,
            change.Bucket,
            Number(change.EmailNotification),
            Number(change.SlackNotification)),
        cancellationToken);

    private static int? Number(bool? flag) => flag is { } known ? (known ? 1 : 0) : null;
}
