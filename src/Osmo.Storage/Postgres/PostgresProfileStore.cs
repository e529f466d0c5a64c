using Npgsql;
using NpgsqlTypes;
using Osmo.Access.Profiles;

namespace Osmo.Storage.Postgres;

/// <summary>Profiles in a PostgreSQL database.</summary>
internal sealed class PostgresProfileStore(PostgresDatabase database) : IProfileStore
{
    public Task<UserProfile> ReadAsync(string user, CancellationToken cancellationToken) => database.UseAsync(
        async (connection, cancel) =>
        {
            await using var command = new NpgsqlCommand(
                "SELECT pool, bucket, email_notification, slack_notification FROM user_profile WHERE username = $1", connection);
            command.Parameters.Add(new NpgsqlParameter { Value = user });
            await using var reader = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
            var found = await PostgresRows.ReadAllAsync(reader, Read, cancel).ConfigureAwait(false);
            return found is [var profile] ? profile : UserProfile.Empty;
        },
        cancellationToken);

    public Task ChangeAsync(string user, ProfileChange change, CancellationToken cancellationToken) => database.UseAsync(
        async (connection, cancel) =>
        {
            await using var command = new NpgsqlCommand(
                """
                INSERT INTO user_profile AS known (username, pool, bucket, email_notification, slack_notification)
                VALUES ($1, $2, $3, coalesce($4, false), coalesce($5, false))
                ON CONFLICT (username) DO UPDATE SET
                  pool = coalesce($2, known.pool), bucket = coalesce($3, known.bucket),
                  email_notification = coalesce($4, known.email_notification), slack_notification = coalesce($5, known.slack_notification)
                """,
                connection);
            command.Parameters.Add(new NpgsqlParameter { Value = user });
            Add(command, NpgsqlDbType.Text, change.Pool);
            Add(command, NpgsqlDbType.Text, change.Bucket);
            Add(command, NpgsqlDbType.Boolean, change.EmailNotification);
            Add(command, NpgsqlDbType.Boolean, change.SlackNotification);
            return await command.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
        },
        cancellationToken);

    private static UserProfile Read(NpgsqlDataReader row) => new(
        row.IsDBNull(0) ? null : row.GetString(0), row.IsDBNull(1) ? null : row.GetString(1), row.GetBoolean(2), row.GetBoolean(3));

    private static void Add(NpgsqlCommand command, NpgsqlDbType type, object? value) =>
        command.Parameters.Add(new NpgsqlParameter { Value = value ?? DBNull.Value, NpgsqlDbType = type });
}
