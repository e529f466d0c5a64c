using Osmo.Engine.Contract;
using Osmo.Engine.Contract.Rigs;
using Osmo.Engine.Contract.Servers;
using Osmo.Testing.Postgres;
using Xunit;

namespace Osmo.Integration.Tests.Engines;

/// <summary>The engine of silos that share their backends by leases in PostgreSQL.</summary>
public sealed class PostgresEngine(SharedPostgres postgres) : ClusterUnderTest
{
    public override async Task<IClusterRig> StartClusterAsync(RigOptions options)
    {
        var rig = new ClusterServerRig(await postgres.CreateDatabaseAsync(), options);
        await rig.OpenAsync();
        return rig;
    }
}

[CollectionDefinition]
public sealed class PostgresEngineTests : ICollectionFixture<PostgresEngine>;

[Collection(typeof(PostgresEngineTests))]
public sealed class PostgresActivationTests(PostgresEngine engine) : ActivationContract(engine);

[Collection(typeof(PostgresEngineTests))]
public sealed class PostgresTurnTests(PostgresEngine engine) : TurnContract(engine);

[Collection(typeof(PostgresEngineTests))]
public sealed class PostgresRoutingTests(PostgresEngine engine) : RoutingContract(engine);

[Collection(typeof(PostgresEngineTests))]
public sealed class PostgresFencingTests(PostgresEngine engine) : FencingContract(engine);

[Collection(typeof(PostgresEngineTests))]
public sealed class PostgresSiloEndTests(PostgresEngine engine) : SiloEndContract(engine);

[Collection(typeof(PostgresEngineTests))]
public sealed class PostgresPatienceTests(PostgresEngine engine) : ClusterPatienceContract(engine);

[Collection(typeof(PostgresEngineTests))]
public sealed class PostgresRequestTests(PostgresEngine engine) : ClusterRequestContract(engine);

[Collection(typeof(PostgresEngineTests))]
public sealed class PostgresAgentTests(PostgresEngine engine) : ClusterAgentContract(engine);

[Collection(typeof(PostgresEngineTests))]
public sealed class PostgresWatchTests(PostgresEngine engine) : ClusterWatchContract(engine);
