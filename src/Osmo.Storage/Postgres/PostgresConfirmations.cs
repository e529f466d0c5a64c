using Npgsql;
using Osmo.Domain.Backends;

namespace Osmo.Storage.Postgres;

/// <summary>Asks the database whether activations still have their backends. Many callers share a question.</summary>
internal sealed class PostgresConfirmations
{
    /// <summary>Most questions under way: one more than the newest, so that a caller does not wait for two round trips.</summary>
    private const int QuestionsMax = 2;

    private const string FindLost =
        """
        SELECT asked.name, asked.activation
        FROM unnest($1, $2) AS asked (name, activation) LEFT JOIN backend ON backend.name = asked.name COLLATE "C"
        WHERE backend.activation IS DISTINCT FROM asked.activation
        """;

    private readonly PostgresDatabase _database;
    private readonly Coalescer<(string Backend, long Activation), HashSet<(string Backend, long Activation)>> _questions;

    public PostgresConfirmations(PostgresDatabase database)
    {
        _database = database;
        _questions = new(QuestionsMax, FindLostAsync);
    }

    /// <exception cref="Osmo.Domain.Errors.OsmoException">It has not, or the database does not answer.</exception>
    public async ValueTask ConfirmAsync(BackendName backend, long activation, CancellationToken cancellationToken)
    {
        var asked = (backend.Value, activation);
        var lost = await _questions.AskAsync(asked, cancellationToken).ConfigureAwait(false);
        if (lost.Contains(asked))
        {
            throw Refusal.Of(backend);
        }
    }

    private Task<HashSet<(string Backend, long Activation)>> FindLostAsync(
        IReadOnlyCollection<(string Backend, long Activation)> asked) => _database.UseAsync(
        async (connection, cancel) =>
        {
            await using var find = new NpgsqlCommand(FindLost, connection)
            {
                Parameters =
                {
                    Parameters.Of(asked.Select(claim => claim.Backend).ToArray(), Parameters.Texts),
                    Parameters.Of(asked.Select(claim => claim.Activation).ToArray(), Parameters.Numbers),
                },
            };
            await using var reader = await find.ExecuteReaderAsync(cancel).ConfigureAwait(false);
            var lost = new HashSet<(string, long)>();
            while (await reader.ReadAsync(cancel).ConfigureAwait(false))
            {
                lost.Add((reader.GetString(0), reader.GetInt64(1)));
            }

            return lost;
        },
        CancellationToken.None);
}
