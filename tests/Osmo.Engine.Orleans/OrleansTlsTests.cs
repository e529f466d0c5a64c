using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.DependencyInjection;
using Osmo.Cluster.Wire;
using Osmo.Engine.Contract;
using Osmo.Engine.Contract.Rigs;
using Osmo.Engine.Contract.Servers;
using Osmo.Server.Hosting;
using Osmo.Testing.Postgres;
using Osmo.Testing.Security;
using Xunit;

namespace Osmo.Engine.Orleans;

/// <summary>Who is let in where Orleans' connections are secured by certificates.</summary>
public sealed class OrleansTlsTests(SharedPostgres postgres) : EngineContract
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Silos_and_a_gateway_with_a_gateway_s_certificate_meet_and_others_are_not_let_in()
    {
        using TestCertificates certificates = new(), others = new();
        var (silo, gateway) = (certificates.Issue("silo"), certificates.Issue("gateway", "a-gateway"));
        var database = await postgres.CreateDatabaseAsync(Cancel);
        await EngineScripts.ApplyAsync(database);
        await using var rig = new OrleansRig(database, new RigOptions())
        {
            Credentials = roles => roles == ServerRoles.Silo ? silo : gateway,
        };
        await rig.OpenAsync();

        var backend = await RegisterAsync(rig);
        foreach (var seen in Everywhere(rig))
        {
            await ConfigureAsync(seen, backend, "by somebody who is known");
        }

        var stranger = others.Issue("stranger");
        var details = ((ServerSilo)rig.Silos[0]).Services.GetRequiredService<ILocalSiloDetails>();
        await AssertNotLetInAsync(details.GatewayAddress.Endpoint, stranger, certificates);
        await AssertNotLetInAsync(details.SiloAddress.Endpoint, stranger, certificates);
        await AssertNotLetInAsync(details.SiloAddress.Endpoint, gateway, certificates);
    }

    /// <summary>A server that does not like a client's certificate says so after the handshake, as the client sees it.</summary>
    private static async Task AssertNotLetInAsync(IPEndPoint place, ClusterCredentials shown, TestCertificates believed)
    {
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(place, Cancel);
        await using var tls = new SslStream(tcp.GetStream());
        using var certificate = X509Certificate2.CreateFromPemFile(shown.CertificateFile!, shown.PrivateKeyFile);
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.ImportFromPemFile(believed.AuthorityFile);
        try
        {
            await tls.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = ClusterCredentials.ServerNameDefault,
                    ClientCertificates = [certificate],
                    CertificateChainPolicy = policy,
                    ApplicationProtocols = [new SslApplicationProtocol("Orleans1")],
                },
                Cancel);
            Assert.Equal(0, await tls.ReadAsync(new byte[1], Cancel).AsTask().WaitAsync(Patience, Cancel));
        }
        catch (IOException)
        {
            // As it has to be.
        }
    }
}
