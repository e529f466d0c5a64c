using Microsoft.AspNetCore.Http;
using Osmo.KubeSim.Api;
using Xunit;

namespace Osmo.Unit.Tests.KubeSim;

/// <summary>Which queries ask for a watch: Python's client says <c>True</c>, for one.</summary>
public sealed class WatchQueryTests
{
    [Theory]
    [InlineData("?watch=true", "watch")]
    [InlineData("?watch=True", "watch")]
    [InlineData("?watch=TRUE", "watch")]
    [InlineData("?watch=t", "watch")]
    [InlineData("?watch=1", "watch")]
    [InlineData("?watch=", "watch")]
    [InlineData("?watch", "watch")]
    [InlineData("?watch=0", "list")]
    [InlineData("?watch=false", "list")]
    [InlineData("?watch=False", "list")]
    [InlineData("?watch=FALSE", "list")]
    [InlineData("?watch=false&watch=true", "list")]
    [InlineData("", "list")]
    public void A_watch_is_asked_for_as_the_API_server_takes_it(string query, string verb)
    {
        var request = new DefaultHttpContext().Request;
        request.Method = "GET";
        request.QueryString = new QueryString(query);
        Assert.Equal(verb, ApiRequest.VerbOf(request, name: null));
    }
}
