package main

// kind is what an SDK reports of one way to run programs. The frames are those of the libraries that most such programs use.
type kind struct {
	sdk, version  string
	platform      string
	runtime       map[string]any
	mechanism     map[string]any
	integrations  []any
	modules       []string
	packageFrames []frame
	ownFiles      []string // %s: a word
	ownFunctions  []string
	contextLines  []string
	errors        []failure
	logger        string
	browser       bool
	context       bool // frames come with the lines around
	absolute      string
}

type frame struct {
	file, module, function string
	line                   int
	text                   string
}

type failure struct{ kind, module, text string } // text: %s is a word, %d a number

var kinds = []kind{python, pythonWorker, browser, node, java, golang, ruby, php, dotnet}

var python = kind{
	sdk: "sentry.python.django", version: "2.19.2", platform: "python", logger: "django.request", context: true,
	runtime:      map[string]any{"name": "CPython", "version": "3.12.7", "build": "3.12.7 (main, Oct 19 2024, 04:19:10) [GCC 12.2.0]"},
	mechanism:    map[string]any{"type": "django", "handled": false},
	integrations: []any{"argv", "atexit", "dedupe", "django", "excepthook", "logging", "modules", "redis", "stdlib", "threading"},
	modules:      []string{"asgiref", "celery", "certifi", "django", "djangorestframework", "gunicorn", "pip", "psycopg", "pydantic", "redis", "requests", "sentry-sdk", "setuptools", "sqlparse", "urllib3", "wheel"},
	absolute:     "/app/", ownFiles: []string{"%s/views.py", "%s/services/%s.py", "%s/models.py", "%s/serializers.py", "app/%s/tasks.py"},
	ownFunctions: []string{"get", "post", "dispatch", "handle", "save", "create", "get_queryset", "process_%s", "load_%s", "validate_%s", "update_%s"},
	contextLines: []string{"        return self.%s.get(id=%s_id)", "    %s = %s.objects.get(pk=pk)", "        raise ValueError(f\"invalid %s: {%s}\")", "    def get(self, request, *args, **kwargs):", "        result = self.client.post(url, json=payload, timeout=30)", "            self.%s.update(%s)", "        return Response(serializer.data)", "        with transaction.atomic():", "            for item in %s:", "        except Exception as e:", "            logger.exception(\"could not process %s\")", "    @property", "    if not %s:", "        return None", "", "        try:"},
	packageFrames: []frame{
		{"django/core/handlers/exception.py", "django.core.handlers.exception", "inner", 55, "                response = get_response(request)"},
		{"django/core/handlers/base.py", "django.core.handlers.base", "_get_response", 197, "                response = wrapped_callback(request, *callback_args, **callback_kwargs)"},
		{"django/views/decorators/csrf.py", "django.views.decorators.csrf", "_view_wrapper", 65, "            return view_func(request, *args, **kwargs)"},
		{"django/views/generic/base.py", "django.views.generic.base", "view", 104, "            return self.dispatch(request, *args, **kwargs)"},
		{"rest_framework/views.py", "rest_framework.views", "dispatch", 509, "            response = self.handle_exception(exc)"},
		{"django/db/models/query.py", "django.db.models.query", "get", 649, "            raise self.model.DoesNotExist("},
		{"django/db/backends/utils.py", "django.db.backends.utils", "execute", 79, "        return self._execute_with_wrappers(sql, params, many=False, executor=self._execute)"},
		{"requests/sessions.py", "requests.sessions", "request", 589, "        resp = self.send(prep, **send_kwargs)"},
		{"urllib3/connectionpool.py", "urllib3.connectionpool", "urlopen", 789, "            response = self._make_request("},
	},
	errors: []failure{
		{"DoesNotExist", "%s.models", "%s matching query does not exist."},
		{"ValueError", "", "invalid literal for int() with base 10: '%s'"},
		{"KeyError", "", "'%s'"},
		{"AttributeError", "", "'NoneType' object has no attribute '%s'"},
		{"TypeError", "", "%s() missing 1 required positional argument: '%s'"},
		{"OperationalError", "django.db.utils", "connection to server at \"10.0.4.%d\", port 5432 failed: timeout expired"},
		{"IntegrityError", "django.db.utils", "duplicate key value violates unique constraint \"%s_%s_key\"\nDETAIL:  Key (id)=(%d) already exists."},
		{"ConnectionError", "requests.exceptions", "HTTPSConnectionPool(host='api.%s.com', port=443): Max retries exceeded with url: /v1/%s"},
		{"ReadTimeout", "requests.exceptions", "HTTPSConnectionPool(host='api.%s.com', port=443): Read timed out. (read timeout=%d)"},
	},
}

var pythonWorker = kind{
	sdk: "sentry.python.celery", version: "2.18.0", platform: "python", logger: "celery.app.trace", context: true,
	runtime: python.runtime, mechanism: map[string]any{"type": "celery", "handled": false}, integrations: python.integrations, modules: python.modules,
	absolute: "/usr/src/app/", ownFiles: python.ownFiles, ownFunctions: python.ownFunctions, contextLines: python.contextLines,
	packageFrames: []frame{
		{"celery/app/trace.py", "celery.app.trace", "trace_task", 453, "                    R = retval = fun(*args, **kwargs)"},
		{"celery/app/trace.py", "celery.app.trace", "__protected_call__", 736, "            return self.run(*args, **kwargs)"},
		{"sqlalchemy/engine/base.py", "sqlalchemy.engine.base", "_execute_context", 1967, "                    self.dialect.do_execute("},
		{"redis/connection.py", "redis.connection", "connect", 277, "            sock = self.retry.call_with_retry("},
		{"botocore/client.py", "botocore.client", "_api_call", 569, "            return self._make_api_call(operation_name, kwargs)"},
	},
	errors: append([]failure{
		{"SoftTimeLimitExceeded", "billiard.exceptions", "SoftTimeLimitExceeded()"},
		{"MaxRetriesExceededError", "celery.exceptions", "Can't retry %s.tasks.%s[%s] args:() kwargs:{}"},
		{"TimeoutError", "redis.exceptions", "Timeout connecting to server"},
	}, python.errors...),
}

var browser = kind{
	sdk: "sentry.javascript.react", version: "8.42.0", platform: "javascript", browser: true, absolute: "https://www.example.com/",
	mechanism:    map[string]any{"type": "onunhandledrejection", "handled": false},
	integrations: []any{"InboundFilters", "FunctionToString", "BrowserApiErrors", "Breadcrumbs", "GlobalHandlers", "LinkedErrors", "Dedupe", "HttpContext", "BrowserTracing", "Replay"},
	ownFiles:     []string{"static/js/main.%x.chunk.js", "app:///src/components/%s.tsx", "app:///src/pages/%s/index.tsx", "assets/index-%x.js", "_next/static/chunks/pages/_app-%x.js", "app:///src/hooks/use_%s.ts"},
	ownFunctions: []string{"?", "onClick", "render%s", "Object.next", "async fetch%s", "Object.onSubmit", "%s.map", "handle%s", "e", "t.default", "Array.forEach", "<anonymous>"},
	contextLines: []string{"{snip} return n.%s.map((function(e){return e.id})) {snip}", "  const { data } = await api.get(`/%s/${id}`);", "    setState({ %s: response.data });", "  useEffect(() => {", "      return <%s key={item.id} {...props} />;"},
	packageFrames: []frame{
		{"node_modules/react-dom/cjs/react-dom.production.min.js", "react-dom/cjs/react-dom.production.min", "HTMLUnknownElement.callCallback", 188, ""},
		{"node_modules/react-dom/cjs/react-dom.production.min.js", "react-dom/cjs/react-dom.production.min", "invokeGuardedCallback", 237, ""},
		{"node_modules/@sentry/browser/esm/helpers.js", "@sentry/browser/esm/helpers", "HTMLDocument.sentryWrapped", 98, ""},
		{"node_modules/axios/lib/core/settle.js", "axios/lib/core/settle", "settle", 19, ""},
		{"node_modules/scheduler/cjs/scheduler.production.min.js", "scheduler/cjs/scheduler.production.min", "MessagePort.performWorkUntilDeadline", 14, ""},
	},
	errors: []failure{
		{"TypeError", "", "Cannot read properties of undefined (reading '%s')"},
		{"TypeError", "", "Cannot read properties of null (reading '%s')"},
		{"TypeError", "", "Failed to fetch"},
		{"TypeError", "", "Load failed"},
		{"TypeError", "", "undefined is not an object (evaluating 'e.%s')"},
		{"ReferenceError", "", "%s is not defined"},
		{"ChunkLoadError", "", "Loading chunk %d failed.\n(error: https://www.example.com/static/js/%d.%x.chunk.js)"},
		{"AxiosError", "", "Request failed with status code %d"},
		{"UnhandledRejection", "", "Non-Error promise rejection captured with value: %s"},
		{"Error", "", "Minified React error #%d; visit https://reactjs.org/docs/error-decoder.html?invariant=%d for the full message"},
	},
}

var node = kind{
	sdk: "sentry.javascript.node", version: "8.42.0", platform: "node", absolute: "/usr/src/app/", context: true,
	runtime:      map[string]any{"name": "node", "version": "v20.18.1"},
	mechanism:    map[string]any{"type": "middleware", "handled": false},
	integrations: []any{"InboundFilters", "FunctionToString", "LinkedErrors", "RequestData", "Console", "Http", "NodeFetch", "OnUncaughtException", "OnUnhandledRejection", "ContextLines", "LocalVariables", "Context", "Modules", "Express", "Postgres", "Prisma"},
	modules:      []string{"@sentry/node", "axios", "body-parser", "cors", "dotenv", "express", "ioredis", "jsonwebtoken", "lodash", "next", "pg", "react", "react-dom", "typescript", "uuid", "winston", "zod"},
	ownFiles:     []string{"src/%s/%s.controller.ts", "dist/%s/%s.service.js", "src/routes/%s.js", "src/services/%s.ts", "server/api/%s.ts"},
	ownFunctions: []string{"%sService.find", "async handler", "%sController.create", "process.processTicksAndRejections", "Object.<anonymous>", "async %sService.update", "<anonymous>", "new Promise"},
	contextLines: []string{"    const %s = await this.%sRepository.findOne({ where: { id } });", "  res.status(200).json(%s);", "    throw new Error(`%s not found`);", "  async create(@Body() dto: Create%sDto) {", "  } catch (error) {", "    await prisma.%s.update({", "  });", "    return next(err);", "  const { %s } = req.body;", "", "    }"},
	packageFrames: []frame{
		{"node_modules/express/lib/router/layer.js", "express.lib.router:layer", "Layer.handle [as handle_request]", 95, "    fn(req, res, next);"},
		{"node_modules/express/lib/router/route.js", "express.lib.router:route", "next", 149, "      layer.handle_request(req, res, next);"},
		{"node_modules/express/lib/router/index.js", "express.lib.router:index", "Function.process_params", 346, "    return done();"},
		{"node_modules/pg/lib/client.js", "pg.lib:client", "Client.query", 526, "        throw err;"},
		{"node:internal/process/task_queues", "task_queues", "process.processTicksAndRejections", 95, ""},
		{"node:internal/modules/cjs/loader", "loader", "Module._compile", 1554, ""},
		{"node:net", "net", "TCPConnectWrap.afterConnect [as oncomplete]", 1607, ""},
	},
	errors: []failure{
		{"TypeError", "", "Cannot read properties of undefined (reading '%s')"},
		{"Error", "", "connect ECONNREFUSED 10.0.4.%d:5432"},
		{"Error", "", "getaddrinfo ENOTFOUND %s.internal"},
		{"AxiosError", "", "timeout of %d000ms exceeded"},
		{"PrismaClientKnownRequestError", "", "\nInvalid `prisma.%s.update()` invocation:\n\nAn operation failed because it depends on one or more records that were required but not found."},
		{"SyntaxError", "", "Unexpected token < in JSON at position %d"},
		{"ValidationError", "", "\"%s\" is required"},
		{"Error", "", "socket hang up"},
		{"JsonWebTokenError", "", "jwt malformed"},
	},
}

var java = kind{
	sdk: "sentry.java.spring-boot.jakarta", version: "7.18.1", platform: "java", logger: "org.apache.catalina.core.ContainerBase.[Tomcat].[localhost].[/].[dispatcherServlet]",
	runtime:      map[string]any{"name": "Eclipse Adoptium", "version": "21.0.5"},
	mechanism:    map[string]any{"type": "Spring6ExceptionResolver", "handled": false},
	integrations: []any{"UncaughtExceptionHandler", "ShutdownHook", "SpringBoot3", "Logback", "JDBC"},
	modules:      []string{"ch.qos.logback:logback-classic", "com.fasterxml.jackson.core:jackson-databind", "com.zaxxer:HikariCP", "io.micrometer:micrometer-core", "org.hibernate.orm:hibernate-core", "org.postgresql:postgresql", "org.springframework.boot:spring-boot", "org.springframework:spring-web", "org.springframework:spring-webmvc"},
	ownFiles:     []string{"%sController.java", "%sService.java", "%sRepository.java", "%sServiceImpl.java"},
	ownFunctions: []string{"get%s", "create%s", "lambda$process$%d", "find%sById", "update", "apply", "<init>", "handle"},
	packageFrames: []frame{
		{"Thread.java", "java.lang.Thread", "run", 1583, ""},
		{"ThreadPoolExecutor.java", "java.util.concurrent.ThreadPoolExecutor", "runWorker", 1144, ""},
		{"NioEndpoint.java", "org.apache.tomcat.util.net.NioEndpoint$SocketProcessor", "doRun", 1741, ""},
		{"ApplicationFilterChain.java", "org.apache.catalina.core.ApplicationFilterChain", "internalDoFilter", 164, ""},
		{"OncePerRequestFilter.java", "org.springframework.web.filter.OncePerRequestFilter", "doFilter", 116, ""},
		{"DispatcherServlet.java", "org.springframework.web.servlet.DispatcherServlet", "doDispatch", 1089, ""},
		{"FrameworkServlet.java", "org.springframework.web.servlet.FrameworkServlet", "processRequest", 1014, ""},
		{"HttpServlet.java", "jakarta.servlet.http.HttpServlet", "service", 658, ""},
		{"InvocableHandlerMethod.java", "org.springframework.web.method.support.InvocableHandlerMethod", "doInvoke", 255, ""},
		{"CglibAopProxy.java", "org.springframework.aop.framework.CglibAopProxy$DynamicAdvisedInterceptor", "intercept", 713, ""},
		{"TransactionInterceptor.java", "org.springframework.transaction.interceptor.TransactionInterceptor", "invoke", 119, ""},
		{"DirectMethodHandleAccessor.java", "jdk.internal.reflect.DirectMethodHandleAccessor", "invoke", 103, ""},
		{"Method.java", "java.lang.reflect.Method", "invoke", 580, ""},
	},
	errors: []failure{
		{"NullPointerException", "java.lang", "Cannot invoke \"com.example.%s.%s.getId()\" because \"%s\" is null"},
		{"IllegalArgumentException", "java.lang", "No enum constant com.example.%s.Status.%s"},
		{"IllegalStateException", "java.lang", "%s is closed"},
		{"DataIntegrityViolationException", "org.springframework.dao", "could not execute statement [ERROR: duplicate key value violates unique constraint \"%s_pkey\"\n  Detail: Key (id)=(%d) already exists.] [insert into %s (id) values (?)]"},
		{"HttpClientErrorException$NotFound", "org.springframework.web.client", "404 Not Found: \"{\"message\":\"%s not found\"}\""},
		{"SQLTransientConnectionException", "java.sql", "HikariPool-1 - Connection is not available, request timed out after %d000ms."},
		{"SocketTimeoutException", "java.net", "Read timed out"},
		{"EntityNotFoundException", "jakarta.persistence", "Unable to find com.example.%s.%s with id %d"},
	},
}

var golang = kind{
	sdk: "sentry.go", version: "0.30.0", platform: "go", absolute: "/src/", context: true,
	runtime:      map[string]any{"name": "go", "version": "go1.23.4", "go_maxprocs": 4, "go_numcgocalls": 12, "go_numroutines": 87},
	mechanism:    map[string]any{"type": "generic", "handled": true},
	integrations: []any{"ContextifyFrames", "Environment", "GlobalTags", "IgnoreErrors", "IgnoreTransactions", "Modules"},
	modules:      []string{"github.com/getsentry/sentry-go", "github.com/gin-gonic/gin", "github.com/go-chi/chi/v5", "github.com/google/uuid", "github.com/jackc/pgx/v5", "github.com/redis/go-redis/v9", "golang.org/x/net", "golang.org/x/sync", "golang.org/x/sys", "golang.org/x/text", "google.golang.org/grpc", "google.golang.org/protobuf"},
	ownFiles:     []string{"internal/%s/%s.go", "cmd/%s/main.go", "pkg/%s/handler.go"},
	ownFunctions: []string{"(*Server).Handle%s", "(*Store).Get", "main", "run", "(*Service).%s", "New.func1", "(*Client).Do"},
	contextLines: []string{"\t\treturn nil, fmt.Errorf(\"%s: %w\", err)", "\tif err != nil {", "\t\treturn err", "\t}", "func (s *Service) %s(ctx context.Context, id string) error {", "\t%s, err := s.store.Get(ctx, id)", "\tdefer cancel()", "", "\t\tsentry.CaptureException(err)", "\treturn nil"},
	packageFrames: []frame{
		{"net/http/server.go", "net/http", "HandlerFunc.ServeHTTP", 2220, "\tf(w, r)"},
		{"net/http/server.go", "net/http", "(*conn).serve", 2092, "\t\tserverHandler{c.server}.ServeHTTP(w, w.req)"},
		{"runtime/panic.go", "runtime", "gopanic", 785, ""},
		{"runtime/asm_amd64.s", "runtime", "goexit", 1700, ""},
		{"google.golang.org/grpc@v1.68.1/server.go", "google.golang.org/grpc", "(*Server).processUnaryRPC", 1394, "\treply, appErr := md.Handler(info.serviceImpl, ctx, df, s.opts.unaryInt)"},
		{"github.com/go-chi/chi/v5@v5.1.0/mux.go", "github.com/go-chi/chi/v5", "(*Mux).routeHTTP", 478, "\t\th.ServeHTTP(w, r)"},
	},
	errors: []failure{
		{"*errors.errorString", "", "%s: not found"},
		{"*fmt.wrapError", "", "get %s: context deadline exceeded"},
		{"runtime.boundsError", "", "runtime error: index out of range [%d] with length %d"},
		{"runtime.errorString", "", "runtime error: invalid memory address or nil pointer dereference"},
		{"*pgconn.PgError", "", "ERROR: duplicate key value violates unique constraint \"%s_pkey\" (SQLSTATE 23505)"},
		{"*url.Error", "", "Get \"https://api.%s.com/v1/%s\": dial tcp 10.0.4.%d:443: connect: connection refused"},
		{"*net.OpError", "", "read tcp 10.0.4.%d:5432: i/o timeout"},
		{"*status.Error", "", "rpc error: code = Unavailable desc = connection error"},
	},
}

var ruby = kind{
	sdk: "sentry.ruby.rails", version: "5.22.0", platform: "ruby", absolute: "/app/", context: true,
	runtime:      map[string]any{"name": "ruby", "version": "ruby 3.3.6 (2024-11-05 revision 75015d4c1f) [x86_64-linux]"},
	mechanism:    map[string]any{"type": "rails", "handled": false},
	integrations: []any{"rails", "sidekiq", "redis", "puma"},
	modules:      []string{"actionpack", "activerecord", "activesupport", "bootsnap", "bundler", "concurrent-ruby", "devise", "faraday", "i18n", "nokogiri", "pg", "puma", "rack", "rails", "redis", "sentry-rails", "sentry-ruby", "sidekiq", "thor", "zeitwerk"},
	ownFiles:     []string{"app/controllers/%s_controller.rb", "app/models/%s.rb", "app/services/%s/%s.rb", "app/jobs/%s_job.rb"},
	ownFunctions: []string{"show", "create", "perform", "call", "block in process", "set_%s", "update", "index", "%s_params"},
	contextLines: []string{"    @%s = %s.find(params[:id])\n", "  def perform(%s_id)\n", "    render json: @%s\n", "  end\n", "    raise %s::Error, \"invalid\"\n", "\n", "      if %s.save\n", "  before_action :set_%s\n", "    end\n"},
	packageFrames: []frame{
		{"action_controller/metal/basic_implicit_render.rb", "", "send_action", 6, "      super.tap { default_render unless performed? }\n"},
		{"abstract_controller/base.rb", "", "process_action", 226, "          send_action(method_name, *args)\n"},
		{"action_controller/metal/rescue.rb", "", "process_action", 22, "          super\n"},
		{"active_support/notifications.rb", "", "instrument", 206, "          instrumenter.instrument(name, payload) { yield payload if block_given? }\n"},
		{"active_record/relation/finder_methods.rb", "", "raise_record_not_found_exception!", 428, "          raise RecordNotFound.new(error, name, key, conditions)\n"},
		{"rack/sendfile.rb", "", "call", 110, "      _, headers, body = response = @app.call(env)\n"},
		{"puma/thread_pool.rb", "", "block in spawn_thread", 167, "              block.call(work)\n"},
		{"sidekiq/processor.rb", "", "execute_job", 220, "      inst.perform(*cloned_args)\n"},
		{"sentry/rack/capture_exceptions.rb", "", "call", 26, "            response = @app.call(env)\n"},
	},
	errors: []failure{
		{"ActiveRecord::RecordNotFound", "ActiveRecord", "Couldn't find %s with 'id'=%d (ActiveRecord::RecordNotFound)"},
		{"NoMethodError", "", "undefined method '%s' for nil (NoMethodError)"},
		{"ActiveRecord::RecordInvalid", "ActiveRecord", "Validation failed: %s can't be blank (ActiveRecord::RecordInvalid)"},
		{"Faraday::TimeoutError", "Faraday", "Net::ReadTimeout with #<TCPSocket:(closed)>"},
		{"ArgumentError", "", "wrong number of arguments (given %d, expected 1) (ArgumentError)"},
		{"PG::ConnectionBad", "PG", "connection to server at \"10.0.4.%d\", port 5432 failed: Connection refused"},
		{"ActionController::RoutingError", "ActionController", "No route matches [GET] \"/%s/%s\""},
	},
}

var php = kind{
	sdk: "sentry.php.laravel", version: "4.10.1", platform: "php", absolute: "/var/www/html/", context: true,
	runtime:      map[string]any{"name": "php", "version": "8.3.14", "sapi": "fpm-fcgi"},
	mechanism:    map[string]any{"type": "generic", "handled": true, "data": map[string]any{"code": 0}},
	integrations: []any{"Sentry\\Laravel\\Integration", "Sentry\\Integration\\RequestIntegration", "Sentry\\Integration\\ModulesIntegration", "Sentry\\Integration\\FrameContextifierIntegration"},
	modules:      []string{"guzzlehttp/guzzle", "laravel/framework", "laravel/sanctum", "league/flysystem", "monolog/monolog", "nesbot/carbon", "predis/predis", "psr/log", "ramsey/uuid", "sentry/sentry", "sentry/sentry-laravel", "symfony/console", "symfony/http-foundation", "symfony/http-kernel"},
	ownFiles:     []string{"/app/Http/Controllers/%sController.php", "/app/Models/%s.php", "/app/Services/%sService.php", "/app/Jobs/Process%s.php"},
	ownFunctions: []string{"App\\Http\\Controllers\\%sController::show", "App\\Services\\%sService::create", "App\\Jobs\\Process%s::handle", "{closure}", "App\\Models\\%s::save"},
	contextLines: []string{"        $%s = %s::findOrFail($id);", "        return response()->json($%s);", "    public function show(Request $request, $id)", "    {", "    }", "        throw new \\RuntimeException('%s not found');", "        $this->%s->update($request->validated());", "", "        foreach ($%s as $item) {"},
	packageFrames: []frame{
		{"/vendor/laravel/framework/src/Illuminate/Pipeline/Pipeline.php", "", "Illuminate\\Pipeline\\Pipeline::Illuminate\\Pipeline\\{closure}", 183, "                        : $pipe(...$parameters);"},
		{"/vendor/laravel/framework/src/Illuminate/Routing/Router.php", "", "Illuminate\\Routing\\Router::dispatch", 750, "        return $this->dispatchToRoute($request);"},
		{"/vendor/laravel/framework/src/Illuminate/Foundation/Http/Kernel.php", "", "Illuminate\\Foundation\\Http\\Kernel::handle", 144, "            $response = $this->sendRequestThroughRouter($request);"},
		{"/vendor/laravel/framework/src/Illuminate/Database/Connection.php", "", "Illuminate\\Database\\Connection::runQueryCallback", 825, "            throw new QueryException("},
		{"/public/index.php", "", "", 55, "$response = $kernel->handle("},
		{"/vendor/symfony/http-kernel/HttpKernel.php", "", "Symfony\\Component\\HttpKernel\\HttpKernel::handleRaw", 181, "        $response = $controller(...$arguments);"},
		{"/vendor/guzzlehttp/guzzle/src/Handler/CurlFactory.php", "", "GuzzleHttp\\Handler\\CurlFactory::createRejection", 275, "        return P\\Create::rejectionFor($error);"},
	},
	errors: []failure{
		{"Illuminate\\Database\\QueryException", "", "SQLSTATE[23000]: Integrity constraint violation: 1062 Duplicate entry '%d' for key '%s.PRIMARY' (Connection: mysql, SQL: insert into `%s` (`id`) values (%d))"},
		{"Illuminate\\Database\\Eloquent\\ModelNotFoundException", "", "No query results for model [App\\Models\\%s] %d"},
		{"ErrorException", "", "Warning: Undefined array key \"%s\""},
		{"TypeError", "", "App\\Services\\%sService::create(): Argument #1 ($%s) must be of type string, null given"},
		{"GuzzleHttp\\Exception\\ConnectException", "", "cURL error 28: Operation timed out after %d001 milliseconds with 0 bytes received"},
		{"Error", "", "Call to a member function %s() on null"},
		{"Symfony\\Component\\HttpKernel\\Exception\\NotFoundHttpException", "", "The route %s could not be found."},
	},
}

var dotnet = kind{
	sdk: "sentry.dotnet.aspnetcore", version: "4.13.0", platform: "csharp", logger: "Microsoft.AspNetCore.Diagnostics.ExceptionHandlerMiddleware",
	runtime:      map[string]any{"name": ".NET", "version": "8.0.11", "raw_description": ".NET 8.0.11"},
	mechanism:    map[string]any{"type": "SentryMiddleware.UnhandledException", "handled": false},
	integrations: []any{"AppDomainUnhandledExceptionIntegration", "UnobservedTaskExceptionIntegration", "SentryDiagnosticListenerIntegration"},
	modules:      []string{"Microsoft.AspNetCore.Hosting", "Microsoft.EntityFrameworkCore", "Microsoft.Extensions.Logging", "Npgsql", "Sentry", "Sentry.AspNetCore", "System.Linq", "System.Net.Http", "System.Private.CoreLib", "System.Text.Json"},
	ownFiles:     []string{"/src/%s/%sController.cs", "/src/Services/%sService.cs", "/src/Handlers/%sHandler.cs"},
	ownFunctions: []string{"async Task<IActionResult> %sController.Get(Guid id)", "async Task<%s> %sService.FindAsync(int id)", "void %s.Validate()", "%sHandler.Handle(%sCommand request, CancellationToken cancellationToken)", "MoveNext"},
	packageFrames: []frame{
		{"", "Microsoft.AspNetCore.Mvc.Infrastructure.ActionMethodExecutor+TaskOfIActionResultExecutor", "async ValueTask<IActionResult> TaskOfIActionResultExecutor.Execute(ActionContext actionContext, IActionResultTypeMapper mapper, ObjectMethodExecutor executor, object controller, object[] arguments)", 0, ""},
		{"", "Microsoft.AspNetCore.Mvc.Infrastructure.ControllerActionInvoker", "async Task ControllerActionInvoker.InvokeInnerFilterAsync()+Awaited(?)", 0, ""},
		{"", "Microsoft.AspNetCore.Routing.EndpointMiddleware", "async Task EndpointMiddleware.Invoke(HttpContext httpContext)+AwaitRequestTask(?)", 0, ""},
		{"", "Microsoft.AspNetCore.Authorization.AuthorizationMiddleware", "async Task AuthorizationMiddleware.Invoke(HttpContext context)", 0, ""},
		{"", "System.Runtime.CompilerServices.TaskAwaiter", "void TaskAwaiter.ThrowForNonSuccess(Task task)", 0, ""},
		{"", "Microsoft.EntityFrameworkCore.Query.Internal.SingleQueryingEnumerable<T>+AsyncEnumerator", "async ValueTask<bool> AsyncEnumerator.MoveNextAsync()", 0, ""},
	},
	errors: []failure{
		{"System.NullReferenceException", "System.Private.CoreLib, Version=8.0.0.0, Culture=neutral, PublicKeyToken=7cec85d7bea7798e", "Object reference not set to an instance of an object."},
		{"System.InvalidOperationException", "System.Linq", "Sequence contains no elements"},
		{"System.ArgumentNullException", "System.Private.CoreLib", "Value cannot be null. (Parameter '%s')"},
		{"System.Threading.Tasks.TaskCanceledException", "System.Private.CoreLib", "The request was canceled due to the configured HttpClient.Timeout of %d seconds elapsing."},
		{"Microsoft.EntityFrameworkCore.DbUpdateException", "Microsoft.EntityFrameworkCore", "An error occurred while saving the entity changes. See the inner exception for details."},
		{"System.Net.Http.HttpRequestException", "System.Net.Http", "Response status code does not indicate success: %d (Internal Server Error)."},
		{"System.Collections.Generic.KeyNotFoundException", "System.Private.CoreLib", "The given key '%s' was not present in the dictionary."},
	},
}
