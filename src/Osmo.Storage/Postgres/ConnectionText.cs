using System.Data.Common;
using Npgsql;
using Osmo.Domain.Errors;

namespace Osmo.Storage.Postgres;

/// <summary>
/// Reads connection strings as people who know PostgreSQL write them. No message repeats any part of the text: a password may hold
/// whatever was taken for a keyword.
/// </summary>
internal static class ConnectionText
{
    /// <summary>Npgsql knows the rest of libpq's variables by itself: <c>PGUSER</c>, <c>PGPASSFILE</c>, <c>PGSSLROOTCERT</c>...</summary>
    private static readonly (string Variable, string Keyword)[] Variables =
        [("PGHOST", "host"), ("PGPORT", "port"), ("PGDATABASE", "dbname"), ("PGSSLMODE", "sslmode"), ("PGAPPNAME", "application_name")];

    private static readonly Dictionary<string, string> SslModes = new(StringComparer.OrdinalIgnoreCase)
    {
        ["disable"] = nameof(SslMode.Disable),
        ["allow"] = nameof(SslMode.Allow),
        ["prefer"] = nameof(SslMode.Prefer),
        ["require"] = nameof(SslMode.Require),
        ["verify-ca"] = nameof(SslMode.VerifyCA),
        ["verify-full"] = nameof(SslMode.VerifyFull),
    };

    /// <summary>libpq's keywords and Npgsql's, where they differ.</summary>
    private static readonly Dictionary<string, string> Keywords = new(StringComparer.Ordinal)
    {
        ["host"] = "Host",
        ["port"] = "Port",
        ["dbname"] = "Database",
        ["user"] = "Username",
        ["password"] = "Password",
        ["passfile"] = "Passfile",
        ["sslmode"] = "SSL Mode",
        ["sslrootcert"] = "Root Certificate",
        ["sslcert"] = "SSL Certificate",
        ["sslkey"] = "SSL Key",
        ["sslpassword"] = "SSL Password",
        ["application_name"] = "Application Name",
        ["connect_timeout"] = "Timeout",
        ["options"] = "Options",
        ["target_session_attrs"] = "Target Session Attributes",
    };

    /// <param name="text">A connection string or a URI.</param>
    /// <param name="variable">Reads an environment variable.</param>
    /// <exception cref="OsmoException">The text cannot be read.</exception>
    public static NpgsqlConnectionStringBuilder Parse(string text, Func<string, string?> variable)
    {
        var isUri = text.StartsWith("postgresql://", StringComparison.Ordinal) || text.StartsWith("postgres://", StringComparison.Ordinal);
        var builder = isUri ? FromUri(text[(text.IndexOf("//", StringComparison.Ordinal) + 2)..]) : FromKeywords(text);

        // Npgsql's own builder says of every keyword that it has it.
        var given = new DbConnectionStringBuilder { ConnectionString = builder.ConnectionString };
        foreach (var (name, keyword) in Variables)
        {
            if (variable(name) is { Length: > 0 } value && !given.ContainsKey(Keywords[keyword]))
            {
                Set(builder, keyword, value);
            }
        }

        if (string.IsNullOrEmpty(builder.Host))
        {
            throw Unreadable("it names no host");
        }

        return builder;
    }

    private static NpgsqlConnectionStringBuilder FromKeywords(string text)
    {
        try
        {
            return new NpgsqlConnectionStringBuilder(text);
        }
        catch (Exception failure) when (failure is ArgumentException or FormatException or KeyNotFoundException or NotSupportedException)
        {
            throw Unreadable("a keyword is unknown or its value is not legal");
        }
    }

    /// <summary><c>user:password@host:port,host:port/database?keyword=value</c>: .NET's Uri knows no list of hosts.</summary>
    private static NpgsqlConnectionStringBuilder FromUri(string text)
    {
        var builder = new NpgsqlConnectionStringBuilder();
        var (rest, query) = Cut(text, '?');
        var at = rest.LastIndexOf('@');
        if (at >= 0)
        {
            var (user, password) = Cut(rest[..at], ':');
            SetIfAny(builder, "user", user);
            SetIfAny(builder, "password", password);
        }

        var (hosts, database) = Cut(rest[(at + 1)..], '/');
        SetIfAny(builder, "host", hosts);
        SetIfAny(builder, "dbname", database);
        foreach (var setting in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var (keyword, value) = Cut(setting, '=');
            Set(builder, keyword, Uri.UnescapeDataString(value));
        }

        return builder;
    }

    private static void SetIfAny(NpgsqlConnectionStringBuilder builder, string keyword, string escaped)
    {
        if (escaped.Length > 0)
        {
            Set(builder, keyword, Uri.UnescapeDataString(escaped));
        }
    }

    private static void Set(NpgsqlConnectionStringBuilder builder, string keyword, string value)
    {
        if (!Keywords.TryGetValue(keyword, out var name))
        {
            throw Unreadable("the URI has a keyword that is unknown; known are " + string.Join(", ", Keywords.Keys));
        }

        if (keyword == "sslmode" && !SslModes.TryGetValue(value, out value!))
        {
            throw Unreadable("sslmode is none of " + string.Join(", ", SslModes.Keys));
        }

        try
        {
            builder[name] = value;
        }
        catch (Exception failure) when (failure is ArgumentException or FormatException or InvalidCastException or OverflowException)
        {
            throw Unreadable($"the value of {keyword} is not legal");
        }
    }

    private static (string Before, string After) Cut(string text, char separator)
    {
        var at = text.IndexOf(separator, StringComparison.Ordinal);
        return at < 0 ? (text, "") : (text[..at], text[(at + 1)..]);
    }

    private static OsmoException Unreadable(string problem) => new(
        ErrorCode.Invalid,
        $"The connection string of PostgreSQL cannot be read: {problem}. Write it as \"Host=db;Database=osmo;Username=osmo\" or as "
        + "\"postgresql://osmo@db/osmo\", and give the password in ~/.pgpass or in the file that PGPASSFILE names.");
}
