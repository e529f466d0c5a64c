using Npgsql;
using Osmo.Domain.Errors;
using Osmo.Storage.Postgres;
using Xunit;

namespace Osmo.Unit.Tests.Storage;

/// <summary>Connection strings as people write them.</summary>
public sealed class ConnectionTextTests
{
    [Fact]
    public void A_uri_is_read_as_libpq_reads_it()
    {
        var read = Parse("postgresql://os%40mo:p%2Fw%3A@db-0:5433,db-1/fl%65et"
            + "?sslmode=verify-full&sslrootcert=/etc/ca.pem&connect_timeout=7&target_session_attrs=primary");

        Assert.Equal(("db-0:5433,db-1", "fleet", "os@mo", "p/w:"), (read.Host, read.Database, read.Username, read.Password));
        Assert.Equal((SslMode.VerifyFull, "/etc/ca.pem", 7), (read.SslMode, read.RootCertificate, read.Timeout));
        Assert.Equal("primary", read.TargetSessionAttributes);
    }

    [Fact]
    public void What_the_text_leaves_out_comes_from_the_environment()
    {
        var read = Parse(
            "Host=db;Username=osmo", ("PGHOST", "other"), ("PGPORT", "6000"), ("PGDATABASE", "fleet"), ("PGSSLMODE", "verify-ca"));

        Assert.Equal(("db", 6000, "fleet", SslMode.VerifyCA), (read.Host, read.Port, read.Database, read.SslMode));
        Assert.Equal("other", Parse("", ("PGHOST", "other")).Host);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Database=x")]
    [InlineData("Host=db;Password=a;hidden=b")]
    [InlineData("hidden")]
    [InlineData("Host=db;Port=hidden")]
    [InlineData("postgresql://u:p@db:/x?hidden=1")]
    [InlineData("postgresql://u:p@db/x?sslmode=hidden")]
    [InlineData("postgresql://u:p@db/x?connect_timeout=hidden")]
    public void A_text_that_cannot_be_read_is_not_repeated(string text)
    {
        var failure = Assert.Throws<OsmoException>(() => Parse(text));

        Assert.Equal(ErrorCode.Invalid, failure.Code);
        Assert.Contains("PGPASSFILE", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden", failure.ToString(), StringComparison.Ordinal);
    }

    private static NpgsqlConnectionStringBuilder Parse(string text, params (string Name, string Value)[] environment) =>
        ConnectionText.Parse(text, name => environment.FirstOrDefault(variable => variable.Name == name).Value);
}
