using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using Osmo.Cluster.Wire;
using Osmo.Grains.Errors;
using Osmo.Protocol;
using Osmo.Testing;
using Osmo.Testing.Security;
using Xunit;
using Proto = Osmo.Protocol.Cluster.V1;

namespace Osmo.Integration.Tests.Routing;

/// <summary>Who may talk to whom.</summary>
public sealed class SecurityTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Processes_with_the_same_key_talk_and_one_with_another_does_not()
    {
        using var folder = new ScratchFolder();
        var credentials = new ClusterCredentials { KeyFile = KeyFile(folder, "right") };
        await using var cluster = await TestCluster.StartAsync(1, credentials, new() { CallTimeout = Patience });
        Assert.Null(await ProblemAsync(cluster.AddGateway(options: new())));

        var wrong = cluster.AddGateway(new ClusterCredentials { KeyFile = KeyFile(folder, "wrong") });
        Assert.Contains("does not know this cluster's shared key", await ProblemAsync(wrong), StringComparison.Ordinal);
        Assert.Contains("Configure both alike", await ProblemAsync(cluster.AddGateway(new())), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Processes_of_two_clusters_refuse_each_other()
    {
        await using var cluster = await TestCluster.StartAsync(1, options: new() { CallTimeout = Patience });
        var other = cluster.AddGateway(clusterId: Guid.NewGuid());
        Assert.Contains("they use different databases", await ProblemAsync(other), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_caller_of_a_version_that_is_too_old_is_told_so()
    {
        await using var cluster = await TestCluster.StartAsync(1);
        await using var connection = await RawAsync(cluster);
        var hello = new Proto.Hello
        {
            ProtocolVersion = 0,
            ClusterId = cluster.ClusterId.ToString(),
            Authentication = Proto.Authentication.Loopback,
        };
        await HandshakeMessages.SendAsync(connection, new Proto.Handshake { Hello = hello }, Cancel);
        var answer = await HandshakeMessages.ReceiveAsync(connection, Cancel);
        Assert.Equal(Proto.Refusal.Types.Code.Version, answer.Refusal.Code);
    }

    [Fact]
    public async Task A_proof_is_worth_nothing_a_second_time()
    {
        using var folder = new ScratchFolder();
        var file = KeyFile(folder, "key");
        await using var cluster = await TestCluster.StartAsync(1, new ClusterCredentials { KeyFile = file });
        var key = Osmo.Cluster.Wire.Security.SharedKey.Read(file);
        var hello = new Proto.Hello
        {
            ProtocolVersion = ClusterProtocol.Version,
            ProtocolVersionMin = ClusterProtocol.VersionMin,
            Sender = "gateway",
            Role = Proto.Role.Gateway,
            ClusterId = cluster.ClusterId.ToString(),
            Nonce = ByteString.CopyFrom(new byte[32]),
            Authentication = Proto.Authentication.SharedKey,
        };

        async Task<Proto.Handshake> TryAsync(Func<Proto.Challenge, byte[]> proof)
        {
            await using var connection = await RawAsync(cluster);
            await HandshakeMessages.SendAsync(connection, new Proto.Handshake { Hello = hello }, Cancel);
            var challenge = (await HandshakeMessages.ReceiveAsync(connection, Cancel)).Challenge;
            var message = new Proto.Proof { Mac = ByteString.CopyFrom(proof(challenge)) };
            await HandshakeMessages.SendAsync(connection, new Proto.Handshake { Proof = message }, Cancel);
            return await HandshakeMessages.ReceiveAsync(connection, Cancel);
        }

        var recorded = Array.Empty<byte>();
        var welcomed = await TryAsync(challenge => recorded = key.ProofOfCaller(ClusterProtocol.CallsPath, hello, challenge));
        Assert.NotNull(welcomed.Welcome);
        Assert.NotNull((await TryAsync(_ => recorded)).Refusal);
        Assert.NotNull((await TryAsync(challenge => key.ProofOfCaller(ClusterProtocol.EventsPath, hello, challenge))).Refusal);
        Assert.NotNull((await TryAsync(challenge => key.ProofOfSilo(ClusterProtocol.CallsPath, hello, challenge))).Refusal);
    }

    [Fact]
    public async Task Frames_that_are_none_end_their_connection_and_nothing_else()
    {
        await using var cluster = await TestCluster.StartAsync(1);
        var random = new Random(4711);
        for (var round = 0; round < 60; round++)
        {
            await using var socket = await cluster.AddGateway().Sockets.ConnectAsync(
                cluster.Silos[0].Entry.Address, ClusterProtocol.CallsPath, null, TimeSpan.FromSeconds(4), Cancel);
            var frame = new byte[random.Next(1, 400)];
            random.NextBytes(frame);
            if (round % 2 == 0)
            {
                // A frame that begins well and goes on badly gets further.
                var good = new Proto.ClusterFrame { Calls = { new Proto.Call { Id = 1, Backend = "?", Ping = new() } } };
                frame = [.. good.ToByteArray(), .. frame];
            }

            await socket.Frames.SendAsync(frame, Cancel);
        }

        Assert.Null(await ProblemAsync(cluster.AddGateway()));
    }

    [Fact]
    public async Task Certificates_of_the_clusters_authority_let_in_and_no_others()
    {
        using var files = new TestCertificates();
        await using var cluster = await TestCluster.StartAsync(1, files.Issue("a"), new() { CallTimeout = Patience });
        Assert.Null(await ProblemAsync(cluster.AddGateway(files.Issue("b"), options: new())));

        using var others = new TestCertificates();
        var stranger = others.Issue("c") with { AuthorityFile = files.AuthorityFile };
        Assert.NotNull(await ProblemAsync(cluster.AddGateway(stranger)));
        var believer = files.Issue("d") with { AuthorityFile = others.AuthorityFile };
        Assert.NotNull(await ProblemAsync(cluster.AddGateway(believer)));
        var misled = files.Issue("e") with { ServerName = "another-name" };
        Assert.NotNull(await ProblemAsync(cluster.AddGateway(misled)));

        using var handler = new HttpClientHandler { ServerCertificateCustomValidationCallback = (_, _, _, _) => true };
        using var bare = new HttpClient(handler);
        await Assert.ThrowsAnyAsync<HttpRequestException>(
            () => bare.GetAsync(new Uri(cluster.Silos[0].Entry.Address, ClusterProtocol.CallsPath), Cancel));
    }

    [Fact]
    public async Task Renewed_certificates_are_used_without_a_restart()
    {
        using var files = new TestCertificates();
        var credentials = files.Issue("silo");
        await using var cluster = await TestCluster.StartAsync(1, credentials, new() { CallTimeout = TimeSpan.FromSeconds(3) });
        Assert.Null(await ProblemAsync(cluster.AddGateway(files.Issue("gateway"))));

        using var renewed = new TestCertificates();
        renewed.Replace(credentials);
        var client = renewed.Issue("gateway");
        await Eventually.AgreesAsync(
            () => ProblemAsync(cluster.AddGateway(client)), "the silo uses the renewed certificate and believes the new authority");
    }

    [Fact]
    public void Nobody_talks_unauthenticated_off_loopback()
    {
        new ClusterCredentials().RequireSafe(new Uri("http://127.0.0.1:1"));
        new ClusterCredentials().RequireSafe(new Uri("http://[::1]:1"));
        new ClusterCredentials().RequireSafe(new Uri("http://localhost:1"));
        Assert.Throws<OsmoException>(() => new ClusterCredentials().RequireSafe(new Uri("http://10.0.0.1:1")));
        Assert.Throws<OsmoException>(() => new ClusterCredentials().RequireSafe(new Uri("http://0.0.0.0:1")));
        using var folder = new ScratchFolder();
        new ClusterCredentials { KeyFile = KeyFile(folder, "key") }.RequireSafe(new Uri("http://10.0.0.1:1"));
    }

    [Fact]
    public void Credentials_that_cannot_be_used_are_refused()
    {
        using var folder = new ScratchFolder();
        File.WriteAllText(folder.Of("short"), "0123456789012345678901234567890   \n");
        Assert.Throws<OsmoException>(() => new ClusterCredentials { KeyFile = folder.Of("short") }.Validate());
        Assert.Throws<OsmoException>(() => new ClusterCredentials { KeyFile = folder.Of("missing") }.Validate());
        Assert.Throws<OsmoException>(() => new ClusterCredentials { CertificateFile = "a" }.Validate());
        using var files = new TestCertificates();
        var good = files.Issue("good");
        good.Validate();
        Assert.Throws<OsmoException>(() => (good with { KeyFile = KeyFile(folder, "key") }).Validate());
        Assert.Throws<OsmoException>(() => (good with { PrivateKeyFile = good.CertificateFile }).Validate());
    }

    private static string KeyFile(ScratchFolder folder, string name)
    {
        var file = folder.Of(name);
        File.WriteAllText(file, Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(name))));
        return file;
    }

    /// <summary>Why a gateway cannot call the first silo; null where it can.</summary>
    private static async Task<string?> ProblemAsync(TestGateway gateway)
    {
        try
        {
            await gateway.Engine.GetBackend(Osmo.Grains.Backends.BackendName.Parse("east")).PingAsync(Cancel);
            return null;
        }
        catch (OsmoException failure)
        {
            return failure.Message;
        }
    }

    private static async Task<FrameConnection> RawAsync(TestCluster cluster)
    {
        var socket = new System.Net.WebSockets.ClientWebSocket();
        socket.Options.AddSubProtocol(ClusterProtocol.SubProtocol);
        var address = new UriBuilder(cluster.Silos[0].Entry.Address) { Scheme = "ws", Path = ClusterProtocol.CallsPath };
        await socket.ConnectAsync(address.Uri, Cancel);
        return new FrameConnection(socket);
    }
}
