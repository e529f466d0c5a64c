namespace Osmo.Storage.Postgres;

/// <summary>Where the PostgreSQL database of a cluster is and how it is used.</summary>
public sealed record PostgresOptions
{
    /// <summary>
    /// A connection string as Npgsql has it (<c>Host=db-0,db-1;Database=osmo;Username=osmo</c>) or a URI as libpq has it
    /// (<c>postgresql://osmo@db-0,db-1/osmo?sslmode=verify-full</c>). What it leaves out is taken from libpq's environment variables
    /// (<c>PGHOST</c>, <c>PGPASSFILE</c> and so on) and password file. Of several hosts the one that can be written to is used.
    /// </summary>
    public string ConnectionString { get; init; } = "";

    /// <summary>Most connections of this process. Those of the writers are among them.</summary>
    public int ConnectionsMax { get; init; } = 20;

    /// <summary>How many connections write side by side. What is a backend's all goes through the same one.</summary>
    public int Writers { get; init; } = 2;

    /// <summary>How long a statement may take.</summary>
    public TimeSpan StatementTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long it may take to connect.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// Statements that each connection keeps prepared; 0 for none, as is needed behind a pooler that gives every transaction another
    /// connection to the server.
    /// </summary>
    public int PreparedStatementsMax { get; init; } = 40;

    /// <summary>The text without the connection string, which may hold a password.</summary>
    public override string ToString() => $"{nameof(PostgresOptions)} {{ ConnectionsMax = {ConnectionsMax}, Writers = {Writers} }}";
}
