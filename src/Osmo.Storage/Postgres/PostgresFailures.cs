using System.Net.Sockets;
using System.Security.Authentication;
using Npgsql;
using Osmo.Domain.Errors;

namespace Osmo.Storage.Postgres;

/// <summary>What failures of PostgreSQL mean and what to do about them, in plain words and without secrets.</summary>
internal static class PostgresFailures
{
    /// <summary>The state with which the fence refuses a writer that lost a backend.</summary>
    private const string Fenced = "OM001";

    /// <summary>Whether the failure is one of the database or of the way there, and not of this program.</summary>
    public static bool IsKnown(Exception failure) =>
        failure is NpgsqlException or SocketException or IOException or TimeoutException or ObjectDisposedException;

    /// <summary>Whether the connection is lost, so that nobody knows what became of its last statements.</summary>
    public static bool IsBroken(Exception failure) =>
        failure is not PostgresException { SqlState: not (PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown) };

    /// <summary>The claims of a group that do not hold, if the fence refused it; else none.</summary>
    public static HashSet<string> LostClaims(PostgresException failure) =>
        failure.SqlState == Fenced ? [.. (failure.Detail ?? "").Split(',')] : [];

    /// <summary>Whether a backend was created twice at once: no fence saw the other one, and the second ran into the first.</summary>
    public static bool IsLostCreation(Exception failure) =>
        failure is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation, TableName: "backend" };

    /// <summary>Whether a failure may come from what one write holds (data, limits, a deadlock) and not from the server's state.</summary>
    public static bool MayBeOfOneWrite(PostgresException failure) => failure.SqlState[..2] is "21" or "22" or "23" or "40" or "54";

    /// <param name="place">Where the database is.</param>
    /// <param name="failure">What went wrong.</param>
    public static OsmoException Explain(string place, Exception failure) => failure switch
    {
        PostgresException { SqlState: "22021" or "22P05" } => new OsmoException(
            ErrorCode.Invalid, "A text holds a character that PostgreSQL cannot store, such as NUL. Leave it out."),
        PostgresException refused => Unavailable(place, Advice(refused)),
        _ => Unavailable(place, Advice(failure)),
    };

    private static string Advice(PostgresException failure) => failure.SqlState switch
    {
        "28P01" => "it refuses the user or the password. Check the user in the connection string and the password in ~/.pgpass, in the "
            + "file that PGPASSFILE names, or in PGPASSWORD",
        "28000" => $"it does not let this user in ({failure.MessageText}). Make the role, or allow it in the server's pg_hba.conf",
        "3D000" => "the database does not exist. Make it with CREATE DATABASE, or name another one in the connection string",
        "42501" => $"the user has no right to do that ({failure.MessageText}). Let it own the database: ALTER DATABASE ... OWNER TO",
        "53100" => "the server's disk is full. Free some space there; nothing that was acknowledged is lost",
        "53200" => "the server is out of memory. Look at its log",
        "53300" => "the server has no connection left. Raise its max_connections, or let Osmo's processes use fewer",
        "25006" => "it is a standby, which can only be read. Name all hosts in the connection string, so that the primary is found, or "
            + "promote this one",
        "57014" or "55P03" => "a statement took too long and was cancelled. Look at the server's load and its disks",
        "57P01" or "57P02" => "the server is shutting down. What was under way may or may not have been applied",
        "57P03" => "the server is starting up. Wait a moment",
        "42P01" or "42703" or "42883" => $"its schema is not what Osmo made ({failure.MessageText}). Restore it from a backup",
        "XX001" or "XX002" => $"it is damaged ({failure.MessageText}). Restore it from a backup",
        _ => $"PostgreSQL says: {failure.MessageText} (SQLSTATE {failure.SqlState})",
    };

    private static string Advice(Exception failure)
    {
        for (Exception? cause = failure; cause is not null; cause = cause.InnerException)
        {
            switch (cause)
            {
                case PostgresException refused:
                    return Advice(refused);
                case AuthenticationException:
                    return "its TLS certificate is not trusted. Name the authority's certificate with \"Root Certificate\" or "
                        + "sslrootcert, and check that the host's name is the certificate's";
                case SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain }:
                    return "the host's name is not known. Check it in the connection string";
                case SocketException { SocketErrorCode: SocketError.ConnectionRefused }:
                    return "nothing answers there. Check the host and the port, and that the server runs and listens there";
                case TimeoutException:
                    return "it does not answer in time. Check the network and the server's load";
                default:
                    break;
            }
        }

        return failure.Message switch
        {
            var text when text.StartsWith("No password", StringComparison.Ordinal) =>
                "it asks for a password and none is known. Put it into ~/.pgpass or into the file that PGPASSFILE names",
            var text when text.StartsWith("SSL connection requested", StringComparison.Ordinal) =>
                "it does not offer TLS, which \"SSL Mode\" asks for. Switch it on at the server (ssl = on)",
            _ => "the connection failed. What was under way may or may not have been applied",
        };
    }

    private static OsmoException Unavailable(string place, string advice) =>
        new(ErrorCode.Unavailable, $"The database {place} cannot be used: {advice}.");
}
