using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Osmo.Integration.Tests.Cli.Support;
using Xunit;

namespace Osmo.Integration.Tests.Cli;

/// <summary>Gateways behind TLS with certificates of one's own authority, and behind a proxy.</summary>
public sealed class SecureConnectionTests : IAsyncLifetime
{
    private readonly List<WebApplication> _servers = [];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
        {
            await server.DisposeAsync();
        }
    }

    [Theory]
    [InlineData("right", 0, "")]
    [InlineData("none", 10, "name that one's file with --ca-file")]
    [InlineData("another", 10, "name that one's file with --ca-file")]
    [InlineData("expired", 10, "this machine's clock")]
    [InlineData("early", 10, "this machine's clock")]
    [InlineData("other host", 10, "cannot be reached")]
    public async Task A_certificate_is_believed_where_its_authority_is_named_and_it_is_for_this_host_and_time(
        string which, int exitCode, string problem)
    {
        using var authority = Authority();
        using var another = Authority();
        var days = which switch { "expired" => -10, "early" => 10, _ => 0 };
        var url = await ServeAsync(Certificate(authority, days, which == "other host" ? "osmo.example.com" : "127.0.0.1"));
        using var user = new OsmoUser(url);
        var file = user.Write("ca.pem", (which == "another" ? another : authority).ExportCertificatePem());

        var list = await user.RunAsync(which == "none" ? ["pool", "list"] : ["--ca-file", file, "pool", "list"]);

        Assert.True(exitCode == list.ExitCode, list.Error);
        Assert.Contains(problem, list.Error, StringComparison.Ordinal);
        if (exitCode == 0)
        {
            Assert.Equal("No pools available\n", list.Out);
        }
    }

    [Fact]
    public async Task A_file_of_authorities_that_is_none_is_named()
    {
        using var user = new OsmoUser(new Uri("https://127.0.0.1:1"));
        var text = await user.RunAsync("pool", "list", "--ca-file", user.Write("ca.pem", "no certificate"));
        Assert.Equal(1, text.ExitCode);
        Assert.Contains("holds no certificate. It has to be PEM", text.Error, StringComparison.Ordinal);
        var missing = await user.RunAsync("pool", "list", "--ca-file", "/no/such/ca.pem");
        Assert.Contains("/no/such/ca.pem", missing.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_proxy_of_the_environment_is_used_and_not_for_hosts_that_are_excepted()
    {
        var hosts = new ConcurrentQueue<string>();
        var proxy = await ServeAsync(null, hosts);
        using var user = new OsmoUser(new Uri("http://osmo.invalid:8080"));
        user["http_proxy"] = proxy.ToString();
        user["no_proxy"] = "127.0.0.1";

        var list = await user.RunAsync("pool", "list");
        Assert.Equal(("No pools available\n", ""), (list.Out, list.Error));
        Assert.Equal("osmo.invalid:8080", Assert.Single(hosts));

        await using var direct = new ScriptedGateway().On("GET /api/pool_quota", """{"node_sets":[],"resource_sum":{}}""");
        Assert.Equal(0, (await user.RunAsync("pool", "list", "--server", direct.Url.ToString())).ExitCode);
        Assert.Single(hosts);
        Assert.Single(direct.Requests);
    }

    private async Task<Uri> ServeAsync(X509Certificate2? certificate, ConcurrentQueue<string>? hosts = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            if (certificate is not null)
            {
                listen.UseHttps(certificate);
            }
        }));
        var server = builder.Build();
        _servers.Add(server);
        server.MapGet("/api/pool_quota", (HttpContext context) =>
        {
            hosts?.Enqueue(context.Request.Host.Value ?? "");
            return Results.Text("""{"node_sets":[],"resource_sum":{}}""", "application/json");
        });
        await server.StartAsync(Cancel);
        return new Uri(server.Urls.First());
    }

    private static X509Certificate2 Authority()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Tests' authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-60), now.AddDays(60));
    }

    private static X509Certificate2 Certificate(X509Certificate2 authority, int days, string host)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=osmo", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        if (IPAddress.TryParse(host, out var address))
        {
            names.AddIpAddress(address);
        }
        else
        {
            names.AddDnsName(host);
        }

        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow().AddDays(days);
        using var bare = request.Create(authority, now.AddDays(-1), now.AddDays(1), RandomNumberGenerator.GetBytes(8));
        using var whole = bare.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(whole.Export(X509ContentType.Pkcs12), null);
    }
}
